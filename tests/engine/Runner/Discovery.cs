using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>What the words of a test file call while it is read: it grows the tree of blocks and tests.</summary>
public sealed class Discovery
{
    private TestBlock _current;

    public Discovery()
    {
        Root = TestBlock.NewRoot();
        _current = Root;
    }

    public TestBlock Root { get; }

    /// <summary>False once the tests run: the words that make tests are refused from then on.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>One block for each row of the data, or one where there is none.</summary>
    public IReadOnlyList<TestBlock> AddBlocks(InvocationInfo call, IDictionary bound)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(bound);
        Require(call, bound, "Fixture");
        List<TestBlock> blocks = [.. Rows(call, bound).Select(row => new TestBlock
        {
            Name = (string)bound["Name"]!,
            Parent = _current,
            Line = call.ScriptLineNumber,
            Tags = Tags(bound),
            HasData = row.HasData,
            Data = row.Data,
            Skip = IsSet(bound, "Skip"),
            SkipReason = SkipReason(call, bound),
        })];
        foreach (var block in blocks)
        {
            block.ExpandedPath = PathOf(block);
            _current.Items.Add(block);
        }

        return blocks;
    }

    public void Enter(TestBlock block) => _current = block;

    public void Leave(TestBlock block) => _current = block?.Parent ?? Root;

    public void AddTests(InvocationInfo call, IDictionary bound)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(bound);
        Require(call, bound, "Test");
        if (_current.Parent is null)
        {
            throw new RefusalException(call.ScriptLineNumber, "It must stand in a Describe or Context.");
        }

        foreach ((var hasData, var data) in Rows(call, bound))
        {
            TestCase test = new()
            {
                Name = (string)bound["Name"]!,
                Parent = _current,
                Line = call.ScriptLineNumber,
                Tags = Tags(bound),
                HasData = hasData,
                Data = data,
                Skip = IsSet(bound, "Skip"),
                SkipReason = SkipReason(call, bound),
                Body = (ScriptBlock)bound["Test"]!,
            };
            test.ExpandedPath = PathOf(test);
            _current.Items.Add(test);
        }
    }

    public void AddSetup(InvocationInfo call, string word, ScriptBlock body)
    {
        ArgumentNullException.ThrowIfNull(call);
        RequireOpen(call);
        if (_current.Parent is null && word is "BeforeEach" or "AfterEach")
        {
            throw new RefusalException(call.ScriptLineNumber, $"{word} must stand in a Describe or Context.");
        }

        var earlier = word switch
        {
            "BeforeAll" => _current.BeforeAll,
            "AfterAll" => _current.AfterAll,
            "BeforeEach" => _current.BeforeEach,
            _ => _current.AfterEach,
        };
        if (earlier is not null)
        {
            throw new RefusalException(call.ScriptLineNumber, $"The block has a {word} already.");
        }

        switch (word)
        {
            case "BeforeAll": _current.BeforeAll = body; break;
            case "AfterAll": _current.AfterAll = body; break;
            case "BeforeEach": _current.BeforeEach = body; break;
            default: _current.AfterEach = body; break;
        }
    }

    /// <summary>Ends discovery: skips are inherited, and what no report could tell apart is refused.</summary>
    public void Close()
    {
        IsOpen = false;
        SkipRules.Apply(Root);
        Dictionary<string, TestCase> seen = [];
        foreach (var test in Root.Tests())
        {
            if (!seen.TryAdd(test.ExpandedPath, test))
            {
                throw new RefusalException(test.Line,
                    $"'{test.ExpandedPath}' is the name of the test in line {seen[test.ExpandedPath].Line} too.");
            }
        }

        if (seen.Count == 0)
        {
            throw new RefusalException(1, "The file has no tests.");
        }
    }

    public void RequireOpen(InvocationInfo call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (!IsOpen)
        {
            throw new RefusalException(call.ScriptLineNumber, $"{call.InvocationName} stands where tests already run.");
        }
    }

    private void Require(InvocationInfo call, IDictionary bound, string body)
    {
        RequireOpen(call);
        if (bound[body] is not ScriptBlock)
        {
            throw new RefusalException(call.ScriptLineNumber, $"{call.InvocationName} has no script block; its brace must open in the same line.");
        }
    }

    private static string PathOf(TestNode node)
    {
        var name = NameTemplate.Expand(node);
        return node.Parent is { Parent: not null } parent ? $"{parent.ExpandedPath}.{name}" : name;
    }

    private static List<(bool HasData, object? Data)> Rows(InvocationInfo call, IDictionary bound)
    {
        if (!bound.Contains("ForEach"))
        {
            return [(false, null)];
        }

        var data = bound["ForEach"];
        List<(bool, object?)> rows = [];
        if (data is not null && LanguagePrimitives.GetEnumerable(data) is { } items)
        {
            rows.AddRange(items.Cast<object?>().Select(item => (true, item)));
        }
        else if (data is not null)
        {
            rows.Add((true, data));
        }

        if (rows.Count == 0)
        {
            throw new RefusalException(call.ScriptLineNumber, $"The -ForEach of this {call.InvocationName} is null or empty.");
        }

        return rows;
    }

    private static string[] Tags(IDictionary bound) => bound["Tag"] as string[] ?? [];

    private static bool IsSet(IDictionary bound, string name) => bound[name] is SwitchParameter { IsPresent: true };

    // Pester has no reason for -Skip; its condition, as the file has it, is the best there is.
    private static string? SkipReason(InvocationInfo call, IDictionary bound)
    {
        if (!IsSet(bound, "Skip"))
        {
            return null;
        }

        var statement = Parser.ParseInput(call.Line, out _, out _).Find(a => a is CommandParameterAst { ParameterName: "Skip" }, true);
        var argument = (statement as CommandParameterAst)?.Argument?.Extent.Text is { } text ? $":{text}" : "";
        return $"-Skip{argument} in line {call.ScriptLineNumber}";
    }
}
