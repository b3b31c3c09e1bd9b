using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace PSSharedMemory.UnitTests.Architecture;

/// <summary>One way to write one thing, where no analyzer has a rule for it.</summary>
public class DialectTests
{
    private static readonly string[] Folders = ["src", "tests", "bench"];

    [Fact]
    public void Null_is_tested_by_a_pattern() => Assert.Empty(
        from node in Nodes<BinaryExpressionSyntax>()
        where node.Kind() is SyntaxKind.EqualsExpression or SyntaxKind.NotEqualsExpression
        where node.Left.IsKind(SyntaxKind.NullLiteralExpression) || node.Right.IsKind(SyntaxKind.NullLiteralExpression)
        select Place(node));

    [Fact]
    public void A_local_names_its_type_once_and_on_the_right() => Assert.Empty(
        from node in Nodes<LocalDeclarationStatementSyntax>()
        where !node.IsConst
        where node.Declaration.Variables.Any(
            static variable => variable.Initializer?.Value is ImplicitObjectCreationExpressionSyntax)
        select Place(node));

    [Fact]
    public void The_module_makes_no_system_call_itself() => Assert.Empty(
        from node in Nodes<IdentifierNameSyntax>()
        where node.SyntaxTree.FilePath.Contains("/src/PSSharedMemory/")
        where node.Identifier.Text is "Libc" or "NativeError" or "LibraryImport" or "DllImport"
            || (node is { Identifier.Text: "Native", Parent: QualifiedNameSyntax })
        select Place(node));

    private static IEnumerable<T> Nodes<T>()
        where T : SyntaxNode
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest);
        return Folders
            .SelectMany(static folder => Directory.EnumerateFiles(
                Path.Combine(SourceStrings.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(static path => !path.Contains("/obj/") && !path.Contains("/bin/"))
            .Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), options, path))
            .SelectMany(static tree => tree.GetRoot().DescendantNodes().OfType<T>());
    }

    private static string Place(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return $"{Path.GetRelativePath(SourceStrings.Root, span.Path)}:{span.StartLinePosition.Line + 1}: {node}";
    }
}
