using Rekey.Aws;

namespace Rekey.Server.SecretsManager;

/// <summary>
/// The errors of Secrets Manager: one group per shape, with the exact texts. No text holds a secret value. A text that AWS has not been
/// seen to use is marked "our wording".
/// </summary>
internal static class SecretsManagerErrors
{
    private static readonly ErrorShape Validation = ErrorShape.Framework("ValidationException");
    private static readonly ErrorShape ResourceNotFound = ErrorShape.Client("ResourceNotFoundException");
    private static readonly ErrorShape ResourceExists = ErrorShape.Client("ResourceExistsException");
    private static readonly ErrorShape InvalidRequest = ErrorShape.Client("InvalidRequestException");
    private static readonly ErrorShape InvalidParameter = ErrorShape.Client("InvalidParameterException");
    private static readonly ErrorShape LimitExceeded = ErrorShape.Client("LimitExceededException");
    private static readonly ErrorShape InvalidNextToken = ErrorShape.Client("InvalidNextTokenException");
    private static readonly ErrorShape MalformedPolicyDocument = ErrorShape.Client("MalformedPolicyDocumentException");
    private static readonly ErrorShape PublicPolicyShape = ErrorShape.Client("PublicPolicyException");

    private const string TokenMissingText = "You must provide a ClientRequestToken value. We recommend a UUID-type value.";

    /// <summary>
    /// The same refusal, said of the superuser secret that a secret's value names: its words alone would be taken for the secret that the
    /// caller named. The first words are ours.
    /// </summary>
    public static ServiceException OfSuperuser(ServiceException refusal) =>
        new(refusal.Shape, $"The masterarn in the secret's value: {refusal.Message}");

    // ValidationException

    public static ServiceException InvalidName() => new(
        Validation, "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!");

    /// <param name="member">The member in lower camel case. The value itself is a secret and not repeated.</param>
    public static ServiceException ValueTooLong(string member) => new(
        Validation,
        $"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
        + $"Member must have length less than or equal to {Limits.SecretValueBytesMax}");

    // AccessDeniedException

    public static ServiceException CannotInvokeFunction() => new(
        ErrorShape.Framework("AccessDeniedException"),
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal "
        + "secretsmanager.amazonaws.com.");

    // ResourceNotFoundException

    public static ServiceException SecretNotFound() => new(ResourceNotFound, "Secrets Manager can't find the specified secret.");

    public static ServiceException LabelNotFound(string label) =>
        new(ResourceNotFound, $"Secrets Manager can't find the specified secret value for staging label: {label}");

    public static ServiceException VersionNotFound(string versionId) =>
        new(ResourceNotFound, $"Secrets Manager can't find the specified secret value for VersionId: {versionId}");

    // ResourceExistsException

    public static ServiceException NameTaken(string name) =>
        new(ResourceExists, $"The operation failed because the secret {name} already exists.");

    public static ServiceException TokenTaken(string token, string secretArn) => new(
        ResourceExists, TokenTakenText(token, secretArn));

    // InvalidRequestException

    public static ServiceException TokenMissing() => new(InvalidRequest, TokenMissingText);

    public static ServiceException MarkedForDeletion() =>
        new(InvalidRequest, "You can't perform this operation on the secret because it was marked for deletion.");

    public static ServiceException NameScheduledForDeletion() => new(
        InvalidRequest, "You can't create this secret because a secret with this name is already scheduled for deletion.");

    public static ServiceException ValueMissing() => new(InvalidRequest, "You must provide either SecretString or SecretBinary.");

    public static ServiceException LabelNotOnVersion() =>
        new(InvalidRequest, "You provided a VersionStage that is not associated to the provided VersionId.");

    public static ServiceException NoRotationFunction() =>
        new(InvalidRequest, "No Lambda rotation function ARN is associated with this secret.");

    public static ServiceException PreviousRotationIncomplete() =>
        new(InvalidRequest, "A previous rotation isn't complete. That rotation will be reattempted.");

    /// <summary>Our wording after the first words.</summary>
    public static ServiceException CannotAssumeRole(string roleArn) => new(
        InvalidRequest, $"Secrets Manager is unable to assume role {roleArn}: secrets held by partners are not rotated here.");

    /// <summary>Our wording.</summary>
    public static ServiceException NotHeldByPartner() => new(
        InvalidRequest, "You can't specify ExternalSecretRotationMetadata because secrets held by partners are not rotated here.");

    /// <summary>Our wording.</summary>
    /// <param name="missing">What is missing, with the package to install.</param>
    public static ServiceException DriverMissing(string functionName, string missing) =>
        new(InvalidRequest, $"The rotation function {functionName} can't run on this server: {missing}");

    /// <summary>Our wording.</summary>
    public static ServiceException SuperuserIsSecretItself() =>
        new(InvalidRequest, "The masterarn of the secret names the secret itself: it must be the secret of another user, a superuser.");

    /// <summary>Our wording.</summary>
    public static ServiceException RotationNeverConfigured() =>
        new(InvalidRequest, "You tried to cancel rotation on a secret that doesn't have rotation enabled.");

    /// <summary>The model declares no ResourceExistsException for RotateSecret; its text says best what is wrong.</summary>
    public static ServiceException RotationTokenTaken(string token, string secretArn) => new(
        InvalidRequest, TokenTakenText(token, secretArn));

    /// <summary>Our wording.</summary>
    public static ServiceException RotationTokenMismatch() =>
        new(InvalidRequest, "The RotationToken isn't the token of the rotation in progress for this version.");

    // InvalidParameterException

    public static ServiceException RotationTokenMissing() => new(InvalidParameter, TokenMissingText);

    /// <summary>Our wording.</summary>
    /// <param name="path">Where in the value: <c>$</c> for the whole, <c>$.host</c> for a key.</param>
    /// <param name="fault">What is wrong there; no value is in it.</param>
    public static ServiceException ValueNotForRotation(string functionName, string path, string fault) => new(
        InvalidParameter, $"The secret's value can't be rotated by {functionName}: SecretString {path}: {fault}");

    public static ServiceException TwoValues() => new(
        InvalidParameter, "You can't specify both a binary secret value and a string secret value in the same secret.");

    public static ServiceException NotOnReplica() => new(
        InvalidParameter, "Operation not permitted on a replica secret. Call must be made in primary secret's region.");

    /// <summary>Our wording.</summary>
    public static ServiceException NotAReplica() => new(
        InvalidParameter, "Operation not permitted on a primary secret. Call must be made in replica secret's region.");

    /// <summary>Our wording.</summary>
    public static ServiceException DuplicateReplicaRegion(string region) =>
        new(InvalidParameter, $"The replica region {region} is given more than once.");

    /// <summary>Our wording.</summary>
    public static ServiceException ReplicaHasAnotherKey(string region) => new(
        InvalidParameter,
        $"The secret is already replicated to {region} with another KMS key. To change the key, remove the replica and add it again.");

    public static ServiceException StillReplicated(string secretArn, IEnumerable<string> regions) => new(
        InvalidParameter, $"You can't delete secret {secretArn} that still has replica regions [{string.Join(", ", regions)}].");

    public static ServiceException InvalidReplicaRegion() => new(InvalidParameter, "Invalid replica region.");

    /// <summary>The start is AWS's; after the colon stands what KMS says.</summary>
    public static ServiceException InvalidKmsKey(string kmsKeyId) =>
        new(InvalidParameter, $"The operation failed because of an invalid KMS key: Invalid keyId {kmsKeyId}");

    public static ServiceException RecoveryWindowOutOfRange() => new(
        InvalidParameter,
        "The RecoveryWindowInDays value must be between "
        + $"{Limits.RecoveryWindowDaysMin} and {Limits.RecoveryWindowDaysMax} days (inclusive).");

    public static ServiceException ForcedWithRecoveryWindow() =>
        new(InvalidParameter, "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");

    public static ServiceException LabelElsewhere(string label, string versionId) => new(
        InvalidParameter,
        $"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to version {versionId}, "
        + "so you must explicitly reference that version in RemoveFromVersionId.");

    public static ServiceException LabelNotAttached(string label, string versionId) =>
        new(InvalidParameter, $"Staging label {label} isn't currently attached to version {versionId}.");

    public static ServiceException CurrentCannotBeRemoved() => new(
        InvalidParameter,
        "You can only move staging label AWSCURRENT to a different secret version. It can\u2019t be completely removed.");

    /// <summary>Our wording.</summary>
    public static ServiceException NoVersionGiven() =>
        new(InvalidParameter, "You must specify at least one of RemoveFromVersionId and MoveToVersionId.");

    /// <summary>Our wording.</summary>
    public static ServiceException NotAVersion(string versionId) => new(InvalidParameter, $"Not a valid version: {versionId}");

    /// <summary>Our wording: a version that has no value yet would answer every reader with an error.</summary>
    public static ServiceException CurrentWithoutValue(string versionId) =>
        new(InvalidParameter, $"You can't move staging label AWSCURRENT to version {versionId} because it has no secret value.");

    public static ServiceException SystemTag(string key) =>
        new(InvalidParameter, $"You can't modify system tags. Tag key: '{key}'.");

    /// <summary>Our wording.</summary>
    public static ServiceException TooManyTags(int tagsMax) =>
        new(InvalidParameter, $"The number of tags on a secret can't exceed {tagsMax}.");

    /// <summary>Our wording.</summary>
    public static ServiceException DuplicateTag(string key) => new(InvalidParameter, $"The tag key '{key}' is given more than once.");

    /// <summary>Our wording.</summary>
    public static ServiceException TagWithoutKey() => new(InvalidParameter, "Every tag must have a key.");

    public static ServiceException InvalidFilterKey() => new(InvalidParameter, "Invalid filter key");

    public static ServiceException InvalidFilterValues(string key) => new(InvalidParameter, $"Invalid filter values for key: {key}");

    public static ServiceException EitherIdsOrFilters() =>
        new(InvalidParameter, "Either 'SecretIdList' or 'Filters' must be provided, but not both.");

    public static ServiceException MaxResultsWithoutFilters() => new(
        InvalidParameter, "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.");

    public static ServiceException PasswordTooShort() =>
        new(InvalidParameter, "Password length is too short based on the required types.");

    /// <summary>Our wording.</summary>
    public static ServiceException NoCharactersLeft() =>
        new(InvalidParameter, "The password must contain a character of each included type, but every character of a type is excluded.");

    // LimitExceededException

    /// <summary>Our wording.</summary>
    public static ServiceException TooManyLabels(int labelsMax) =>
        new(LimitExceeded, $"The number of staging labels on a secret can't exceed {labelsMax}.");

    /// <summary>Our wording.</summary>
    public static ServiceException TooManyVersions(int versionsMax) => new(
        LimitExceeded,
        $"A secret can't have more than {versionsMax} versions without staging labels, "
        + "and those of the last 24 hours aren't removed.");

    /// <summary>Our wording.</summary>
    public static ServiceException TooManySecrets(int secretsMax) =>
        new(LimitExceeded, $"The number of secrets in a Region can't exceed {secretsMax}.");

    // InvalidNextTokenException

    /// <summary>Our wording.</summary>
    public static ServiceException BadNextToken() => new(InvalidNextToken, "Invalid NextToken value.");

    // MalformedPolicyDocumentException

    /// <param name="text">What <see cref="PolicyFinding"/> says: AWS's sentence, then ours.</param>
    public static ServiceException MalformedPolicy(string text) => new(MalformedPolicyDocument, text);

    // PublicPolicyException

    public static ServiceException PublicPolicy() =>
        new(PublicPolicyShape, "You can't attach a resource-based policy that allows broad access to the secret.");

    private static string TokenTakenText(string token, string secretArn) =>
        $"You can't use ClientRequestToken {token} because that value is already in use for a version of secret {secretArn}.";
}
