using Rekey.Server.Authorization.Policies;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>How the kinds of policy combine: within an account, across accounts, and with what limits an identity.</summary>
public sealed class PolicyDecisionTests
{
    private const string Own = "111111111111";
    private const string Other = "222222222222";
    private const string Secret = $"arn:aws:secretsmanager:eu-west-1:{Own}:secret:app-AbCdEf";

    private static readonly Dictionary<string, PolicyCaller> Callers = new()
    {
        ["root"] = new(CallerKind.AccountRoot, Own, $"arn:aws:iam::{Own}:root"),
        ["user"] = new(CallerKind.User, Own, $"arn:aws:iam::{Own}:user/Bob") { UniqueId = "AIDAEXAMPLEBOB0000001" },
        ["session"] = Session(Own),
        ["federated"] = new(CallerKind.FederatedUser, Own, $"arn:aws:sts::{Own}:federated-user/Bob")
        {
            EntityArn = $"arn:aws:iam::{Own}:user/Bob",
        },
        ["service"] = new(CallerKind.Service, "", "lambda.amazonaws.com"),
        ["provider"] = new(CallerKind.FederatedIdentity, "", "accounts.google.com"),
        ["other root"] = new(CallerKind.AccountRoot, Other, $"arn:aws:iam::{Other}:root"),
        ["other user"] = new(CallerKind.User, Other, $"arn:aws:iam::{Other}:user/Bob"),
        ["other session"] = Session(Other),
    };

    // Principals of a resource policy, as JSON.
    private static readonly Dictionary<string, string> Named = new()
    {
        ["everyone"] = "\"*\"",
        ["aws everyone"] = """{"AWS":"*"}""",
        ["account"] = Aws(Own),
        ["account arn"] = Aws($"arn:aws:iam::{Own}:root"),
        ["user"] = Aws($"arn:aws:iam::{Own}:user/Bob"),
        ["user id"] = Aws("AIDAEXAMPLEBOB0000001"),
        ["another user"] = Aws($"arn:aws:iam::{Own}:user/bob"),
        ["role"] = Aws($"arn:aws:iam::{Own}:role/app/reader"),
        ["session"] = Aws($"arn:aws:sts::{Own}:assumed-role/reader/one"),
        ["another session"] = Aws($"arn:aws:sts::{Own}:assumed-role/reader/two"),
        ["federated"] = Aws($"arn:aws:sts::{Own}:federated-user/Bob"),
        ["service"] = """{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]}""",
        ["another service"] = """{"Service":"ec2.amazonaws.com"}""",
        ["provider"] = """{"Federated":"accounts.google.com"}""",
        ["other account"] = Aws(Other),
        ["other user"] = Aws($"arn:aws:iam::{Other}:user/Bob"),
        ["other role"] = Aws($"arn:aws:iam::{Other}:role/app/reader"),
    };

    // Caller | whom the resource's policy allows, or - | identity, boundary and session policy: allow, deny, none (says nothing) or - (is
    // not there) | the decision.
    private const string Combinations = """
        # The root of the account needs nothing, and is bound by denials only.
        root          | -               | -     | -     | -     | Allowed Identity
        root          | other account   | -     | -     | -     | Allowed Identity
        # Within the account one of the two suffices.
        user          | -               | -     | -     | -     | ImplicitDeny Identity
        user          | -               | none  | -     | -     | ImplicitDeny Identity
        user          | -               | allow | -     | -     | Allowed Identity
        user          | user            | -     | -     | -     | Allowed Resource
        user          | user id         | -     | -     | -     | Allowed Resource
        user          | everyone        | -     | -     | -     | Allowed Resource
        user          | aws everyone    | -     | -     | -     | Allowed Resource
        user          | another user    | -     | -     | -     | ImplicitDeny Identity
        user          | another user    | allow | -     | -     | Allowed Identity
        user          | role            | -     | -     | -     | ImplicitDeny Identity
        user          | federated       | -     | -     | -     | ImplicitDeny Identity
        user          | service         | -     | -     | -     | ImplicitDeny Identity
        # What is granted to an account, the account grants on.
        user          | account         | -     | -     | -     | ImplicitDeny Identity
        user          | account arn     | -     | -     | -     | ImplicitDeny Identity
        user          | account         | allow | -     | -     | Allowed Identity
        # A boundary limits the identity's policies, not what the resource grants to the user by name.
        user          | -               | allow | allow | -     | Allowed Identity
        user          | -               | allow | none  | -     | ImplicitDeny Boundary
        user          | -               | none  | allow | -     | ImplicitDeny Identity
        user          | -               | allow | deny  | -     | ExplicitDeny Boundary
        user          | user            | -     | none  | -     | Allowed Resource
        user          | everyone        | -     | none  | -     | Allowed Resource
        user          | user            | -     | deny  | -     | ExplicitDeny Boundary
        user          | user            | deny  | -     | -     | ExplicitDeny Identity
        # A role is not its session: what is granted to the role, boundary and session policy limit.
        session       | role            | -     | -     | -     | Allowed Resource
        session       | role            | -     | none  | -     | ImplicitDeny Boundary
        session       | role            | -     | -     | none  | ImplicitDeny Session
        session       | role            | -     | allow | allow | Allowed Resource
        session       | session         | -     | none  | none  | Allowed Resource
        session       | session         | -     | none  | deny  | ExplicitDeny Session
        session       | everyone        | -     | none  | none  | Allowed Resource
        session       | another session | -     | -     | -     | ImplicitDeny Identity
        session       | -               | allow | -     | allow | Allowed Identity
        session       | -               | allow | -     | none  | ImplicitDeny Session
        session       | -               | allow | none  | none  | ImplicitDeny Boundary
        session       | account         | allow | -     | none  | ImplicitDeny Session
        federated     | federated       | -     | none  | none  | Allowed Resource
        federated     | user            | -     | -     | none  | ImplicitDeny Session
        federated     | user            | -     | -     | allow | Allowed Resource
        # Services have no policies of their own; everyone includes them.
        service       | service         | -     | -     | -     | Allowed Resource
        service       | everyone        | -     | -     | -     | Allowed Resource
        service       | another service | -     | -     | -     | ImplicitDeny Resource
        service       | account         | -     | -     | -     | ImplicitDeny Resource
        service       | -               | -     | -     | -     | ImplicitDeny Resource
        provider      | provider        | -     | -     | -     | Allowed Resource
        provider      | service         | -     | -     | -     | ImplicitDeny Resource
        # Across accounts both must allow.
        other user    | -               | allow | -     | -     | ImplicitDeny Resource
        other user    | -               | -     | -     | -     | ImplicitDeny Identity
        other user    | other user      | -     | -     | -     | ImplicitDeny Identity
        other user    | other user      | allow | -     | -     | Allowed Resource
        other user    | other account   | allow | -     | -     | Allowed Resource
        other user    | everyone        | allow | -     | -     | Allowed Resource
        other user    | everyone        | -     | -     | -     | ImplicitDeny Identity
        other user    | other user      | allow | none  | -     | ImplicitDeny Boundary
        other user    | user            | allow | -     | -     | ImplicitDeny Resource
        other user    | account         | allow | -     | -     | ImplicitDeny Resource
        other user    | other user      | deny  | -     | -     | ExplicitDeny Identity
        other session | other role      | allow | -     | none  | ImplicitDeny Session
        other session | other role      | allow | -     | allow | Allowed Resource
        other root    | -               | -     | -     | -     | ImplicitDeny Resource
        other root    | other account   | -     | -     | -     | Allowed Resource
        other root    | other user      | -     | -     | -     | ImplicitDeny Resource
        """;

    public static TheoryData<string, string, string, string, string, string> CombinationRows =>
        [.. Table.Rows(Combinations, 6).Select(row => (row[0], row[1], row[2], row[3], row[4], row[5]))];

    [Theory]
    [MemberData(nameof(CombinationRows))]
    public void Policies_Combine(string caller, string allowed, string identity, string boundary, string session, string decision)
    {
        var policies = new PolicySet
        {
            Identity = Says(identity, PolicyKind.Identity) is { } own ? [own] : [],
            Boundary = Says(boundary, PolicyKind.Boundary),
            Session = Says(session, PolicyKind.Session) is { } passed ? [passed] : [],
            Resource = allowed == "-" ? null : Resource("Allow", "Principal", Named[allowed]),
        };

        var found = PolicyEvaluator.Evaluate(Request(Callers[caller]), policies);

        $"{found.Outcome} {found.Kind}".ShouldBe(decision);
    }

    // An explicit deny wins over every allow there is, for whoever it names.
    [Theory]
    [InlineData("root", "everyone", true)]
    [InlineData("root", "account", true)]
    [InlineData("root", "user", false)]
    [InlineData("user", "everyone", true)]
    [InlineData("user", "aws everyone", true)]
    [InlineData("user", "account", true)]
    [InlineData("user", "user", true)]
    [InlineData("user", "another user", false)]
    [InlineData("session", "role", true)]
    [InlineData("session", "session", true)]
    [InlineData("session", "account arn", true)]
    [InlineData("session", "another session", false)]
    [InlineData("federated", "user", true)]
    [InlineData("federated", "federated", true)]
    [InlineData("service", "service", true)]
    [InlineData("service", "everyone", true)]
    [InlineData("service", "account", false)]
    [InlineData("other user", "other account", true)]
    [InlineData("other user", "account", false)]
    public void Deny_WinsOverEveryAllow(string caller, string denied, bool isDenied)
    {
        var policy = PolicyDocument.Parse(
            $$"""
            {"Statement":[
              {"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},
              {"Sid":"no","Effect":"Deny","Principal":{{Named[denied]}},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}
            """,
            PolicyKind.Resource);
        var policies = new PolicySet { Resource = policy, Identity = [Says("allow", PolicyKind.Identity)!] };

        var found = PolicyEvaluator.Evaluate(Request(Callers[caller]), policies);

        found.IsAllowed.ShouldBe(!isDenied);
        if (isDenied) (found.Outcome, found.Kind, found.Statement?.Sid).ShouldBe((PolicyOutcome.ExplicitDeny, PolicyKind.Resource, "no"));
    }

    // Deny with NotPrincipal spares whom it names with account, role and session; Allow with NotPrincipal leaves out whom it names at all.
    [Theory]
    [InlineData("Deny", "user", "user,account", false)]
    [InlineData("Deny", "user", "user id,account arn", false)]
    [InlineData("Deny", "user", "user", true)]
    [InlineData("Deny", "user", "account", true)]
    [InlineData("Deny", "user", "another user,account", true)]
    [InlineData("Deny", "user", "everyone", false)]
    [InlineData("Deny", "root", "account", false)]
    [InlineData("Deny", "root", "user", true)]
    [InlineData("Deny", "session", "session,role,account", false)]
    [InlineData("Deny", "session", "session,account", true)]
    [InlineData("Deny", "session", "role,account", true)]
    [InlineData("Deny", "session", "another session,role,account", true)]
    [InlineData("Deny", "federated", "federated,user,account", false)]
    [InlineData("Deny", "federated", "user,account", true)]
    [InlineData("Deny", "service", "service", false)]
    [InlineData("Deny", "service", "another service", true)]
    [InlineData("Deny", "other user", "user,account", true)]
    [InlineData("Allow", "user", "user", false)]
    [InlineData("Allow", "user", "account", false)]
    [InlineData("Allow", "user", "another user", true)]
    [InlineData("Allow", "session", "role", false)]
    [InlineData("Allow", "session", "another session", true)]
    [InlineData("Allow", "service", "account", true)]
    [InlineData("Allow", "other user", "account", true)]
    public void NotPrincipal_ExceptsWhomItNames(string effect, string caller, string named, bool applies)
    {
        var principals = named.Split(',').Select(name => Named[name]).ToArray();
        var joined = principals is [var only]
            ? only
            : $$"""{"AWS":[{{string.Join(',', principals.Select(text => text["{'AWS':".Length..^1]))}}]}""";
        var statement = Resource(effect, "NotPrincipal", joined).Statements[0];

        statement.Match(Request(Callers[caller]), hasBoundary: false).ShouldBe(applies ? PrincipalMatch.Direct : PrincipalMatch.None);
        // With a permissions boundary nobody is spared.
        if (effect == "Deny") statement.Match(Request(Callers[caller]), hasBoundary: true).ShouldBe(PrincipalMatch.Direct);
    }

    // A trust policy must allow, whatever the identity's policies say.
    [Theory]
    [InlineData("user", "user", "-", true)]
    [InlineData("user", "account", "allow", true)]
    [InlineData("user", "account", "-", false)]
    [InlineData("user", "another user", "allow", false)]
    [InlineData("user", "service", "allow", false)]
    [InlineData("session", "role", "-", true)]
    [InlineData("service", "service", "-", true)]
    [InlineData("provider", "provider", "-", true)]
    [InlineData("other user", "other account", "allow", true)]
    [InlineData("other user", "other account", "-", false)]
    [InlineData("other user", "account", "allow", false)]
    public void TrustPolicy_MustAllow(string caller, string trusted, string identity, bool isAllowed)
    {
        var trust = PolicyDocument.Parse(
            $$"""{"Statement":[{"Effect":"Allow","Principal":{{Named[trusted]}},"Action":"*"}]}""", PolicyKind.Trust);
        var policies = new PolicySet { Resource = trust, Identity = Says(identity, PolicyKind.Identity) is { } own ? [own] : [] };

        PolicyEvaluator.Evaluate(Request(Callers[caller]), policies).IsAllowed.ShouldBe(isAllowed);
    }

    [Fact]
    public void Reason_NamesTheStatement()
    {
        var policy = PolicyDocument.Parse(
            """
            {"Statement":[
              {"Sid":"a","Effect":"Allow","Principal":"*","Action":"secretsmanager:List*","Resource":"*"},
              {"Effect":"Allow","Principal":"*","Action":"secretsmanager:Get*","Resource":"*"}]}
            """,
            PolicyKind.Resource);

        var found = PolicyEvaluator.Evaluate(Request(Callers["user"]), new PolicySet { Resource = policy });

        (found.Outcome, found.Kind).ShouldBe((PolicyOutcome.Allowed, PolicyKind.Resource));
        (found.Statement!.Index, found.Statement.Sid).ShouldBe((1, null));
    }

    private static PolicyRequest Request(PolicyCaller caller) =>
        new(caller, "secretsmanager:GetSecretValue", Secret, Own, ContextKeys.None);

    private static PolicyCaller Session(string account) =>
        new(CallerKind.RoleSession, account, $"arn:aws:sts::{account}:assumed-role/reader/one")
        {
            EntityArn = $"arn:aws:iam::{account}:role/app/reader",
        };

    private static string Aws(string principal) => $$"""{"AWS":"{{principal}}"}""";

    private static PolicyDocument Resource(string effect, string element, string principals) => PolicyDocument.Parse(
        $$"""{"Statement":[{"Effect":"{{effect}}","{{element}}":{{principals}},"Action":"*","Resource":"*"}]}""", PolicyKind.Resource);

    private static PolicyDocument? Says(string what, PolicyKind kind) => what switch
    {
        "-" => null,
        "none" => Identity("Allow", "secretsmanager:ListSecrets", kind),
        "allow" => Identity("Allow", "secretsmanager:GetSecretValue", kind),
        _ => Identity("Deny", "secretsmanager:GetSecretValue", kind),
    };

    private static PolicyDocument Identity(string effect, string action, PolicyKind kind) =>
        PolicyDocument.Parse($$"""{"Statement":[{"Effect":"{{effect}}","Action":"{{action}}","Resource":"*"}]}""", kind);
}
