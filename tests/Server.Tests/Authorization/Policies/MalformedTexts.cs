namespace Rekey.Server.Tests.Authorization.Policies;

/// <summary>The tables of <see cref="MalformedPolicies"/>.</summary>
internal static class MalformedTexts
{
    // Fault | text
    public const string Json = """"
        Json | ▶
        Json | {▶
        Json | ▶]
        Json | nul▶
        Json | {"Statement":▶
        Json | {"Statement":[▶
        Json | {"Statement":[{"Effect":"Allow"▶
        Json | {"Id":"x",▶}
        Json | {▶'Statement':[]}
        Json | {▶Statement:[]}
        Json | {"Version":"2012-10-17" ▶"Id":"x"}
        Json | {"Version" ▶"2012-10-17"}
        Json | {"Id":"a▶	b"}
        Json | {"Id":"a\▶x"}
        Json | {"Id":▶"\ud800"}
        Json | {"Id":▶"\udc00\ud800"}
        Json | {▶"\ud800":1}
        Json | {"Id":01}
        Json | ▶// comment
        Json | {▶/* comment */}
        Json | {"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}▶{}
        Json | {"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}▶,
        Json | {"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}} ▶x
        Json | {"Statement":{"Effect":"Allow","Principal":"*","Action":["*",▶],"Resource":"*"}}
        """";

    // Fault | text
    public const string Structure = """"
        WrongType | ▶[]
        WrongType | ▶"{}"
        WrongType | {"Statement":[▶[]]}
        MissingElement | ▶{}
        MissingElement | ▶{"Version":"2012-10-17"}
        MissingElement | {"Statement":[▶]}
        MissingElement | {"Statement":[▶{}]}
        MissingElement | {"Statement":▶{"Effect":"Deny"}}
        UnknownElement | {▶"version":"2012-10-17"}
        UnknownElement | {▶"statement":[]}
        UnknownElement | {▶"Statements":[]}
        UnknownElement | {"Statement":[{▶"effect":"Allow"}]}
        UnknownElement | {"Statement":[{▶"Actions":"*"}]}
        UnknownElement | {"Statement":[{▶"Resources":"*"}]}
        UnknownElement | {"Statement":[{▶"Conditions":{}}]}
        UnknownElement | {"Statement":[{▶"Version":"2012-10-17"}]}
        UnknownElement | {"Statement":[{▶"":1}]}
        UnknownElement | {"Statement":[{"Principal":{▶"aws":"*"}}]}
        UnknownElement | {"Statement":[{"Principal":{▶"*":"*"}}]}
        UnknownElement | {"Statement":[{"Principal":{▶"User":"x"}}]}
        Duplicate | {"Version":"2012-10-17",▶"Version":"2012-10-17"}
        Duplicate | {"Id":"a",▶"Id":"a"}
        Duplicate | {"Statement":[{"Effect":"Allow",▶"Effect":"Deny"}]}
        Duplicate | {"Statement":[{"Action":"*",▶"\u0041ction":"*"}]}
        Duplicate | {"Statement":[{"Principal":{"AWS":"*",▶"AWS":"*"}}]}
        Duplicate | {"Statement":[{"Condition":{"Bool":{},▶"Bool":{}}}]}
        Duplicate | {"Statement":[{"Condition":{"Bool":{"a:b":"true",▶"a:b":"true"}}}]}
        Duplicate | {"Statement":[{"Sid":"a","Effect":"Deny","Principal":"*","Action":"*","Resource":"*"},{"Sid":▶"a"}]}
        ExclusiveElements | {"Statement":[{"Action":"*",▶"NotAction":"*"}]}
        ExclusiveElements | {"Statement":[{"NotAction":"*",▶"Action":"*"}]}
        ExclusiveElements | {"Statement":[{"Resource":"*",▶"NotResource":"*"}]}
        ExclusiveElements | {"Statement":[{"NotResource":"*",▶"Resource":"*"}]}
        ExclusiveElements | {"Statement":[{"Principal":"*",▶"NotPrincipal":"*"}]}
        ExclusiveElements | {"Statement":[{"NotPrincipal":"*",▶"Principal":"*"}]}
        WrongType | {"Statement":[{"Principal":▶[]}]}
        WrongType | {"Statement":[{"Principal":▶null}]}
        WrongType | {"Statement":[{"NotPrincipal":▶1}]}
        MissingElement | {"Statement":[{"Principal":▶{}}]}
        MissingElement | {"Statement":[{"NotPrincipal":▶{}}]}
        Principal | {"Statement":[{"Principal":▶""}]}
        Principal | {"Statement":[{"Principal":▶"**"}]}
        Principal | {"Statement":[{"Principal":▶"111111111111"}]}
        Principal | {"Statement":[{"NotPrincipal":▶"arn:aws:iam::111111111111:root"}]}
        WrongType | {"Statement":[{"Condition":▶null}]}
        WrongType | {"Statement":[{"Condition":▶[]}]}
        WrongType | {"Statement":[{"Condition":▶"x"}]}
        Condition | {"Statement":[{"Condition":{▶"":{}}}]}
        Condition | {"Statement":[{"Condition":{▶"StringMatches":{}}}]}
        Condition | {"Statement":[{"Condition":{▶"ForAllValues:":{}}}]}
        Condition | {"Statement":[{"Condition":{▶"IfExists":{}}}]}
        Condition | {"Statement":[{"Condition":{▶"NullIfExists":{}}}]}
        Condition | {"Statement":[{"Condition":{▶"ForAnyValue:Null":{}}}]}
        Condition | {"Statement":[{"Condition":{▶"ForAnyValue:ForAllValues:Bool":{}}}]}
        Condition | {"Statement":[{"Condition":{"Bool":{▶"":"true"}}}]}
        Condition | {"Statement":[{"Condition":{"Bool":{▶":a":"true"}}}]}
        Condition | {"Statement":[{"Condition":{"Bool":{▶"a:":"true"}}}]}
        """";

    // Kind | fault | text
    public const string OtherKinds = """"
        Identity | UnknownElement | {"Statement":[{▶"Principal":"*"}]}
        Identity | UnknownElement | {"Statement":[{▶"NotPrincipal":"*"}]}
        Boundary | UnknownElement | {"Statement":[{▶"Principal":"*"}]}
        Session | UnknownElement | {"Statement":[{▶"NotPrincipal":"*"}]}
        Trust | UnknownElement | {"Statement":[{▶"Resource":"*"}]}
        Trust | UnknownElement | {"Statement":[{▶"NotResource":"*"}]}
        Trust | MissingElement | {"Statement":[▶{"Effect":"Allow","Action":"sts:AssumeRole"}]}
        Identity | MissingElement | {"Statement":[▶{"Effect":"Allow","Action":"*"}]}
        Identity | MissingElement | {"Statement":[▶{"Effect":"Allow","Resource":"*"}]}
        Identity | InvalidValue | {"Statement":[{"Sid":▶"a b"}]}
        Identity | InvalidValue | {"Statement":[{"Sid":▶"a-b"}]}
        Trust | InvalidValue | {"Statement":[{"Sid":▶"a_b"}]}
        Session | InvalidValue | {"Statement":[{"Sid":▶"é"}]}
        """";

    // Fault | element or type of principal | value
    public const string Values = """"
        InvalidValue | Action | ""
        InvalidValue | Action | "GetSecretValue"
        InvalidValue | Action | "secretsmanager"
        InvalidValue | Action | "**"
        InvalidValue | Action | ":"
        InvalidValue | Action | ":GetSecretValue"
        InvalidValue | Action | "secretsmanager:"
        InvalidValue | Action | "secretsmanager:Get:Value"
        InvalidValue | Action | "secrets*:GetSecretValue"
        InvalidValue | Action | "secrets manager:*"
        InvalidValue | Action | "secretsmanager:Get Value"
        InvalidValue | Action | "secretsmanager:${aws:username}"
        InvalidValue | Action | "secretsmanager:Gét"
        InvalidValue | Resource | ""
        InvalidValue | Resource | "**"
        InvalidValue | Resource | "secret"
        InvalidValue | Resource | "ARN:aws:secretsmanager:*"
        InvalidValue | Resource | "arn:"
        InvalidValue | Resource | "arn:*"
        InvalidValue | Resource | "arn:*:secretsmanager:*:*:*"
        InvalidValue | Resource | "arn:Aws:secretsmanager:*:*:*"
        InvalidValue | Resource | "arn:gcp:secretsmanager:*:*:*"
        InvalidValue | Resource | "arn:aws"
        InvalidValue | Resource | "arn:aws:"
        InvalidValue | Resource | "arn:aws:secretsmanager"
        InvalidValue | Resource | "arn:aws::*:*:*"
        InvalidValue | Resource | "arn:aws:*:*:*:*"
        InvalidValue | Resource | "arn:aws:secrets*:*:*:*"
        InvalidValue | Resource | "arn:aws:secretsmanager:eu-west-1"
        InvalidValue | Resource | "arn:aws:secretsmanager:eu-west-1:111111111111"
        InvalidValue | Resource | "arn:aws:secretsmanager:eu-west-1:111111111111:"
        InvalidValue | Resource | "arn:aws:secretsmanager:*:*:\uFDD0"
        Variable | Resource | "arn:aws:secretsmanager:${aws:RequestedRegion}:*:secret:*"
        Variable | Resource | "arn:aws:secretsmanager:*:${*}:secret:*"
        Variable | Resource | "arn:aws:secretsmanager:*:*:secret:${aws:username"
        Variable | Resource | "arn:aws:secretsmanager:*:*:secret:${}"
        Variable | Resource | "arn:aws:secretsmanager:*:*:secret:${username}"
        Variable | Resource | "arn:aws:secretsmanager:*:*:secret:${aws:}"
        Variable | Resource | "arn:aws:secretsmanager:*:*:secret:${ aws:username}"
        Variable | Resource | "arn:aws:secretsmanager:*:*:secret:${aws:username, nobody}"
        Variable | Resource | "arn:aws:secretsmanager:*:*:secret:${aws:username, 'nobody}"
        Variable | Resource | "arn:aws:secretsmanager:*:*:secret:${aws:username,}"
        Variable | Resource | "arn:aws:secretsmanager:*:*:secret:${**}"
        Principal | AWS | ""
        Principal | AWS | "**"
        Principal | AWS | "11111111111"
        Principal | AWS | "1111111111111"
        Principal | AWS | "11111111111x"
        Principal | AWS | "alice"
        Principal | AWS | "arn:aws:iam::111111111111:*"
        Principal | AWS | "arn:aws:iam::111111111111:user/*"
        Principal | AWS | "arn:aws:iam::*:root"
        Principal | AWS | "arn:aws:iam::111111111111:user/al?ce"
        Principal | AWS | "arn:aws:iam::111111111111:user/"
        Principal | AWS | "arn:aws:iam::111111111111:user"
        Principal | AWS | "arn:aws:iam::111111111111:group/admins"
        Principal | AWS | "arn:aws:iam::111111111111:policy/p"
        Principal | AWS | "arn:aws:iam::111111111111:root/x"
        Principal | AWS | "arn:aws:iam:eu-west-1:111111111111:root"
        Principal | AWS | "arn:aws:iam:::root"
        Principal | AWS | "arn:aws:iam::alias:root"
        Principal | AWS | "arn:aws:sts::111111111111:assumed-role/reader"
        Principal | AWS | "arn:aws:sts::111111111111:assumed-role/reader/"
        Principal | AWS | "arn:aws:sts::111111111111:assumed-role/reader/*"
        Principal | AWS | "arn:aws:sts::111111111111:assumed-role/a/b/c"
        Principal | AWS | "arn:aws:sts::111111111111:federated-user/"
        Principal | AWS | "arn:aws:s3:::bucket"
        Principal | AWS | "arn:gcp:iam::111111111111:root"
        Principal | AWS | "arn:aws:iam::111111111111:user/a b"
        Principal | AWS | "arn:aws:iam::111111111111:user//a"
        Principal | AWS | "${aws:username}"
        Principal | AWS | "AIDA"
        Principal | AWS | "AKIAIOSFODNN7EXAMPLE"
        ServicePrincipal | Service | ""
        ServicePrincipal | Service | "*"
        ServicePrincipal | Service | "lambda"
        ServicePrincipal | Service | "lambda.amazonaws.com."
        ServicePrincipal | Service | ".amazonaws.com"
        ServicePrincipal | Service | "lambda..com"
        ServicePrincipal | Service | "lambda.*.com"
        ServicePrincipal | Service | "lambda amazonaws.com"
        ServicePrincipal | Service | "arn:aws:iam::111111111111:root"
        Principal | Federated | ""
        Principal | Federated | "*"
        Principal | Federated | "google"
        Principal | Federated | "arn:aws:iam::111111111111:saml-provider/"
        Principal | Federated | "arn:aws:iam::111111111111:user/alice"
        Principal | CanonicalUser | ""
        Principal | CanonicalUser | "*"
        Principal | CanonicalUser | "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2b"
        Principal | CanonicalUser | "z9a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
        """";

    // Fault | operator | value
    public const string ConditionValues = """"
        Variable | StringEquals | "${aws:username"
        Variable | StringLike | "${}"
        Variable | ArnLike | "${username}"
        Variable | NumericEquals | "${aws:EpochTime}"
        Variable | DateLessThan | "${aws:CurrentTime}"
        Variable | IpAddress | "${aws:SourceIp}"
        Variable | BinaryEquals | "${aws:k}"
        Variable | Null | "${aws:k}"
        InvalidValue | StringEquals | "\uFDD1"
        Condition | NumericEquals | ""
        Condition | NumericEquals | "ten"
        Condition | NumericLessThan | "1,000"
        Condition | NumericGreaterThan | " 1"
        Condition | NumericNotEquals | "0x10"
        Condition | NumericEquals | "1e99"
        Condition | NumericEquals | true
        Condition | DateEquals | ""
        Condition | DateEquals | "yesterday"
        Condition | DateEquals | "2025-13-01"
        Condition | DateEquals | "2025-02-30T00:00:00Z"
        Condition | DateEquals | "2025-01-01 00:00:00Z"
        Condition | DateEquals | "2025-01-01T25:00:00Z"
        Condition | DateEquals | "20250101T000000Z"
        Condition | DateEquals | "999999999999999"
        Condition | DateEquals | "2025-*"
        Condition | Bool | ""
        Condition | Bool | "yes"
        Condition | Bool | 1
        Condition | Null | "null"
        Condition | Null | 0
        Condition | BinaryEquals | "not base64!"
        Condition | BinaryEquals | "QUI"
        Condition | IpAddress | ""
        Condition | IpAddress | "*"
        Condition | IpAddress | "203.0.113"
        Condition | IpAddress | "203.0.113.256"
        Condition | IpAddress | "203.0.113.07"
        Condition | IpAddress | "203.0.113.0/33"
        Condition | IpAddress | "203.0.113.0/"
        Condition | IpAddress | "203.0.113.0/-1"
        Condition | IpAddress | "203.0.113.0/24/24"
        Condition | IpAddress | "203.0.113.0/255.255.255.0"
        Condition | NotIpAddress | "2001:db8::/129"
        Condition | NotIpAddress | "2001:db8:::1"
        Condition | NotIpAddress | "fe80::1%eth0"
        Condition | NotIpAddress | "[2001:db8::1]"
        Condition | NotIpAddress | 7
        """";
}
