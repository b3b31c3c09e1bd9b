using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>A Describe or Context, or the root of a file.</summary>
public sealed class TestBlock : TestNode
{
    public override bool IsTest => false;

    /// <summary>Blocks and tests in the order of the file.</summary>
    public List<TestNode> Items { get; } = [];

    public ScriptBlock? BeforeAll { get; set; }

    public ScriptBlock? AfterAll { get; set; }

    public ScriptBlock? BeforeEach { get; set; }

    public ScriptBlock? AfterEach { get; set; }

    public static TestBlock NewRoot() =>
        new() { Name = "", Parent = null, Line = 0, Tags = [], HasData = false, Data = null };

    /// <summary>All tests below, in order.</summary>
    public IEnumerable<TestCase> Tests()
    {
        foreach (var item in Items)
        {
            if (item is TestCase test)
            {
                yield return test;
                continue;
            }

            foreach (var inner in ((TestBlock)item).Tests())
            {
                yield return inner;
            }
        }
    }

    /// <summary>This block and all blocks below, outermost first.</summary>
    public IEnumerable<TestBlock> Blocks()
    {
        yield return this;
        foreach (var item in Items)
        {
            if (item is not TestBlock block)
            {
                continue;
            }

            foreach (var inner in block.Blocks())
            {
                yield return inner;
            }
        }
    }
}
