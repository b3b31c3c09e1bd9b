using System.Linq;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>Pester's rules: what a skipped block holds is skipped, and a block with nothing to run has no set-up.</summary>
internal static class SkipRules
{
    public static void Apply(TestBlock root)
    {
        Inherit(root);
        SkipWhereAllIsSkipped(root);
    }

    private static void Inherit(TestBlock block)
    {
        foreach (var item in block.Items)
        {
            if (block.Skip)
            {
                item.Skip = true;
                item.SkipReason ??= block.SkipReason;
            }

            if (item is TestBlock inner)
            {
                Inherit(inner);
            }
        }
    }

    private static void SkipWhereAllIsSkipped(TestBlock block)
    {
        foreach (var inner in block.Items.OfType<TestBlock>())
        {
            SkipWhereAllIsSkipped(inner);
        }

        block.Skip = block.Items.TrueForAll(item => item.Skip);
    }
}
