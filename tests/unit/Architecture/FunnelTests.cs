using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Xunit;

namespace PSSharedMemory.UnitTests.Architecture;

/// <summary>
/// An error hangs on the pair (function, errno): a misspelt function would fall to NativeCallFailed in silence.
/// </summary>
public class FunnelTests
{
    // What is no function of libc: a store that the kernel has no page for, and the system call as its manual names it.
    private static readonly string[] Others = ["page fault", "futex", "execve"];

    [Fact]
    public void Every_function_that_an_error_names_is_one_of_libc()
    {
        var compilation = LayerTests.Compile();
        Assert.Empty(Functions(compilation).Where(use => !IsKnown(use.Model, use.Value)).Select(static use =>
        {
            var place = use.Value.GetLocation().GetLineSpan();
            return $"{Path.GetFileName(place.Path)}:{place.StartLinePosition.Line + 1}: {use.Value}";
        }));
    }

    [Fact]
    public void The_compiler_does_see_them() => Assert.InRange(Functions(LayerTests.Compile()).Count(), 80, 1000);

    private static IEnumerable<(SemanticModel Model, ExpressionSyntax Value)> Functions(
        CSharpCompilation compilation) =>
        from tree in compilation.SyntaxTrees
        let model = compilation.GetSemanticModel(tree)
        from argument in tree.GetRoot().DescendantNodes().OfType<ArgumentSyntax>()
        where model.GetOperation(argument) is IArgumentOperation
        {
            Parameter: { Name: "function", Type.SpecialType: SpecialType.System_String }
        }
        select (model, argument.Expression);

    // What a method was handed, it hands on: its own callers are looked at.
    private static bool IsKnown(SemanticModel model, ExpressionSyntax value) => value switch
    {
        ConditionalExpressionSyntax either => IsKnown(model, either.WhenTrue) && IsKnown(model, either.WhenFalse),
        InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "nameof" } } name =>
            model.GetSymbolInfo(name.ArgumentList.Arguments[0].Expression) is var found
            && found.CandidateSymbols.Append(found.Symbol).OfType<IMethodSymbol>()
                .Any(static method => method.ContainingType.Name == "Libc"),
        LiteralExpressionSyntax literal => Others.Contains(literal.Token.ValueText),
        _ => model.GetSymbolInfo(value).Symbol is IParameterSymbol { Name: "function" }
            or ILocalSymbol { Name: "function" },
    };
}
