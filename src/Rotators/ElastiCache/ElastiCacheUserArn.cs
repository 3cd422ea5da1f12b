namespace Rekey.Rotators.ElastiCache;

/// <summary>The ARN of an ElastiCache user: <c>arn:partition:elasticache:region:account:user:id</c>.</summary>
internal sealed record ElastiCacheUserArn(string Text, string Partition, string Region, string UserId)
{
    /// <exception cref="RotatorException">It is none: <see cref="FailureCause.Precondition"/>.</exception>
    public static ElastiCacheUserArn Parse(string? text)
    {
        if (text is null) throw SecretJson.Fault("user_arn key is missing from secret JSON");
        var parts = text.Split(':');
        var isArn = parts is ["arn", _, "elasticache", _, _, "user", _]
            && parts.All(part => part.Length is > 0 and <= 64 && part.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));
        return isArn
            ? new ElastiCacheUserArn(text, parts[1], parts[3], parts[6])
            : throw SecretJson.Fault("user_arn is not the ARN of an ElastiCache user in secret JSON");
    }

    /// <summary>AWS's address of the API in the user's region.</summary>
    public Uri DefaultEndpoint => new($"https://elasticache.{Region}.{(Partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com")}/");
}
