using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace PSSharedMemory.UnitTests.Architecture;

/// <summary>
/// The folders of the core are layers, and arrows go down only. The compiler itself is asked what each file uses:
/// what is declared in a folder may be used by that folder and by those above it.
/// </summary>
public partial class LayerTests
{
    // Each folder, and what it may use besides itself and the files at the root.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        [""] = [],
        ["Native"] = [],
        ["Host"] = ["Native"],
        ["Origins"] = ["Host"],
        ["Segments"] = ["Origins", "Host", "Native"],
        ["Mappings"] = ["Segments", "Host", "Native"],
        ["Access"] = ["Mappings", "Segments", "Host", "Native"],
        ["CDeclarations"] = [],
        ["Layouts"] = ["CDeclarations", "Access", "Mappings"],
        ["Sync"] = ["Access", "Mappings", "Segments", "Host", "Native"],
        ["Collections"] = ["Sync", "Access", "Mappings", "Segments", "Host", "Native"],
        ["Holders"] = ["Mappings", "Segments", "Origins", "Host", "Native"],
        ["HostChecks"] = ["Holders", "Segments", "Host", "Native"],
        ["Watching"] = ["Segments", "Host", "Native"],
        ["Tracing"] = ["Holders", "Spawning", "Segments", "Host", "Native"],
        ["Spawning"] = ["Mappings", "Segments", "Host", "Native"],
        ["Snapshots"] = ["Access", "Mappings", "Segments", "Host", "Native"],
    };

    private static readonly string Core = Path.Combine(RepositoryRoot(), "src", "PSSharedMemory.Core");

    [Fact]
    public void Arrows_go_down_only()
    {
        var violations = Uses(Compile())
            .Where(static use => use.From != use.To && use.To != "" && !Allowed[use.From].Contains(use.To))
            .Select(static use => $"{use.From}/{use.File} uses {use.To}.{use.Symbol}")
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToArray();

        Assert.True(violations.Length == 0, string.Join('\n', violations));
    }

    [Fact]
    public void The_compiler_does_see_uses_across_folders() =>
        Assert.Contains(
            Uses(Compile()), static use => use is { From: "Mappings", To: "Segments", Symbol: "ShmSegment" });

    [Fact]
    public void Every_folder_is_a_layer_that_is_known() => Assert.All(
        Directory.GetDirectories(Core).Select(Path.GetFileName).Where(static name => name is not ("bin" or "obj")),
        static name => Assert.Contains(name!, Allowed.Keys));

    // An arrow of the picture is one that is allowed; and each that is allowed leads along the picture's arrows.
    [Fact]
    public void The_picture_in_the_documents_is_of_these_layers()
    {
        var text = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs", "architecture.md"));
        var drawn = Arrow().Matches(text)
            .ToLookup(static match => match.Groups[1].Value, static match => match.Groups[2].Value);
        Assert.All(drawn, static arrows => Assert.Subset(Allowed[arrows.Key].ToHashSet(), arrows.ToHashSet()));
        Assert.All(
            Allowed.Where(static layer => layer.Key != ""),
            layer => Assert.Subset(Below(layer.Key), layer.Value.ToHashSet()));

        HashSet<string> Below(string layer) =>
            [.. drawn[layer].SelectMany(lower => Below(lower).Append(lower))];
    }

    // What is allowed and not used would go unnoticed for ever.
    [Fact]
    public void Every_arrow_is_used()
    {
        var used = Uses(Compile()).Select(static use => (use.From, use.To)).ToHashSet();
        Assert.Empty(
            Allowed.SelectMany(static layer => layer.Value.Select(lower => (layer.Key, lower))).Where(
                arrow => !used.Contains(arrow)));
    }

    [GeneratedRegex(@"^ +(\w+) --> (\w+)$", RegexOptions.Multiline)]
    private static partial Regex Arrow();

    internal static CSharpCompilation Compile()
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest);
        var trees = Directory.EnumerateFiles(Core, "*.cs", SearchOption.AllDirectories)
            .Where(static path => Folder(path) is not ("bin" or "obj"))
            .Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), options, path));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':')
            .Where(static path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(static path => MetadataReference.CreateFromFile(path));
        return CSharpCompilation.Create(
            "Core", trees, references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
    }

    private static IEnumerable<(string From, string File, string To, string Symbol)> Uses(CSharpCompilation compilation)
    {
        foreach (var tree in compilation.SyntaxTrees)
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            {
                var symbol = model.GetSymbolInfo(name).Symbol;
                foreach (var declaration in symbol?.Kind is SymbolKind.Namespace
                    ? []
                    : symbol?.DeclaringSyntaxReferences ?? [])
                {
                    // A partial type stands in several folders: it belongs to the lowest, and its members to their own.
                    if (symbol is not INamedTypeSymbol { DeclaringSyntaxReferences.Length: > 1 })
                    {
                        yield return (
                            Folder(tree.FilePath), Path.GetFileName(tree.FilePath),
                            Folder(declaration.SyntaxTree.FilePath), symbol!.Name);
                    }
                }
            }
        }
    }

    private static string Folder(string path)
    {
        var relative = Path.GetRelativePath(Core, path);
        var slash = relative.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? "" : relative[..slash];
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PSSharedMemory.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }

        return folder.FullName;
    }
}
