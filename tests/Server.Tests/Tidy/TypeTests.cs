using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Shouldly;
using Xunit;

namespace Rekey.Server.Tests.Tidy;

public sealed class TypeTests
{
    private static readonly Assembly[] Product =
    [
        typeof(Rekey.Aws.Arn).Assembly,
        typeof(Rekey.Rotators.IDatabaseRotator).Assembly,
        typeof(Rekey.Server.Protocols.RequestContext).Assembly,
        typeof(Rekey.Cli.ExitCode).Assembly,
    ];

    /// <summary>Names of what must never be printed. An id, a name or an ARN of a secret is none of it.</summary>
    private static readonly Regex SecretName = new(
        "(Password|SecretString|SecretBinary|SecretValue|SecretAccessKey|RotationToken|SessionToken|PrivateKey|Passphrase|Plaintext"
            + "|KeyMaterial|ConnectionString|Payload)$",
        RegexOptions.NonBacktracking);

    [Fact]
    public void NoRecord_PrintsASecret() =>
        Product.SelectMany(assembly => assembly.GetTypes()).Where(IsRecord)
            .SelectMany(type => type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(property => SecretName.IsMatch(property.Name) && IsPrintable(property.PropertyType))
            .Select(property => $"{property.DeclaringType}.{property.Name}").Distinct().ShouldBeEmpty();

    [Theory]
    [InlineData("MasterPassword", true)]
    [InlineData("SecretString", true)]
    [InlineData("SecretId", false)]
    [InlineData("PasswordLength", false)]
    public void SecretNames_AreKnown(string name, bool isSecret) => SecretName.IsMatch(name).ShouldBe(isSecret);

    [Fact]
    public void EveryPublicType_SaysWhatItIs() =>
        SourceTree.CSharp("src").SelectMany(SourceTree.Nodes<BaseTypeDeclarationSyntax>)
            .Where(type => type.Modifiers.Any(modifier => modifier.Text == "public") && type.Parent is BaseNamespaceDeclarationSyntax)
            .Where(type => !HasDocComment(type))
            .Select(type => $"{SourceTree.Place(type)}: {type.Identifier.Text}").ShouldBeEmpty();

    /// <summary>An interface needs two implementations now, or an edge that a test replaces.</summary>
    [Fact]
    public void Interfaces_AreFew() =>
        SourceTree.CSharp("src").SelectMany(SourceTree.Nodes<InterfaceDeclarationSyntax>)
            .Select(type => type.Identifier.Text).Distinct().Count().ShouldBeLessThanOrEqualTo(11);

    [Fact]
    public void EveryClass_IsSealedOrMeantToBeDerivedFrom()
    {
        var classes = SourceTree.CSharp("src").SelectMany(SourceTree.Nodes<TypeDeclarationSyntax>)
            .Where(type => type.Kind() is SyntaxKind.ClassDeclaration or SyntaxKind.RecordDeclaration).ToArray();
        var bases = classes.SelectMany(type => type.BaseList?.Types.Select(found => BareName(found.Type)) ?? []).ToHashSet();
        classes.Where(type => !type.Modifiers.Any(modifier => modifier.Text is "sealed" or "static" or "abstract"))
            .Where(type => !bases.Contains(type.Identifier.Text))
            .Select(type => $"{SourceTree.Place(type)}: {type.Identifier.Text}").ShouldBeEmpty();
    }

    private static bool IsRecord(Type type) =>
        type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly) is not null;

    private static bool IsPrintable(Type type) =>
        type == typeof(string) || type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>) || type == typeof(JsonElement);

    private static bool HasDocComment(BaseTypeDeclarationSyntax type) =>
        type.GetLeadingTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia));

    private static string BareName(TypeSyntax type) => type switch
    {
        GenericNameSyntax generic => generic.Identifier.Text,
        QualifiedNameSyntax qualified => BareName(qualified.Right),
        _ => type.ToString(),
    };
}
