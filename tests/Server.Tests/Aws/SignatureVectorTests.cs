using System.Security.Cryptography;
using System.Text;
using Rekey.Aws;
using Rekey.Aws.SigV4;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.SigV4;

/// <summary>Every published example, in every step of the calculation.</summary>
public sealed class SignatureVectorTests
{
    public static TheoryData<string> Names => [.. SignatureVector.Names];

    [Fact]
    public void BothSets_AreComplete()
    {
        SignatureVector.Names.Count(name => name.StartsWith("aws-c-auth", StringComparison.Ordinal)).ShouldBe(2 * 38);
        SignatureVector.Names.Count(name => name.StartsWith("botocore", StringComparison.Ordinal)).ShouldBe(34);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void CanonicalRequest_IsAsPublished(string name)
    {
        var vector = SignatureVector.Load(name);
        Canonical(vector).ShouldBe(vector.CanonicalRequest);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void StringToSign_IsAsPublished(string name)
    {
        var vector = SignatureVector.Load(name);
        var date = AmzDate.Format(SignatureVector.Time);
        using var text = new StringToSign(
            stackalloc byte[8], date, SignatureVector.Scope, Encoding.UTF8.GetBytes(vector.CanonicalRequest));
        Encoding.UTF8.GetString(text.Bytes).ShouldBe(vector.StringToSign);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Signature_IsAsPublished(string name)
    {
        var vector = SignatureVector.Load(name);
        var key = new byte[SigningKey.Length];
        SigningKey.Derive(Encoding.UTF8.GetBytes(SignatureVector.SecretAccessKey), "20150830", "us-east-1", "service", key);
        var signature = new byte[SigningKey.SignatureLength];
        SigningKey.Sign(key, Encoding.UTF8.GetBytes(vector.StringToSign), signature);
        Encoding.ASCII.GetString(signature).ShouldBe(vector.Signature);
    }

    /// <summary>From the request as given, through its own additions, to the text of the canonical request.</summary>
    private static string Canonical(SignatureVector vector)
    {
        var request = vector.Signed;
        var unsigned = vector switch
        {
            { IsPresigned: false } => UnsignedParameters.None,
            { TokenIsUnsigned: true } => UnsignedParameters.Signature | UnsignedParameters.SecurityToken,
            _ => UnsignedParameters.Signature,
        };
        var canonical = new CanonicalRequest(
            stackalloc byte[16], request.Method, request.Path, request.Query, vector.PathStyle, unsigned);
        try
        {
            foreach (var name in vector.SignedHeaders.Split(';'))
            {
                var values = request.Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                    .Select(header => header.Value).ToArray();
                if (values.Length == 1) canonical.AddHeader(name, values[0]);
                else canonical.AddHeader(name, values);
            }

            canonical.Complete(vector.SignedHeaders, SHA256.HashData(Encoding.UTF8.GetBytes(request.Body)));
            return Encoding.UTF8.GetString(canonical.Bytes);
        }
        finally
        {
            canonical.Dispose();
        }
    }
}
