using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>The limit that <c>#pragma pack</c> puts on the alignment of fields, and its stack.</summary>
internal sealed class PackState(int limit = 0)
{
    private readonly Stack<(string? Label, int Limit)> _stack = new();

    /// <summary>Bytes; 0 where there is none.</summary>
    public int Limit { get; private set; } = limit;

    public void Apply(Token token)
    {
        var pragma = token.Pack!;
        if (pragma.Push)
        {
            _stack.Push((pragma.Label, Limit));
        }

        if (pragma.Pop)
        {
            Pop(pragma.Label);
        }

        if (pragma.Limit is int given)
        {
            Limit = given;
        }
    }

    private void Pop(string? label)
    {
        // As gcc: a pop that has no push does nothing.
        if (label is not null && !HasLabel(label))
        {
            return;
        }

        while (_stack.TryPop(out var entry))
        {
            Limit = entry.Limit;
            if (label is null || entry.Label == label)
            {
                return;
            }
        }
    }

    private bool HasLabel(string label)
    {
        foreach (var entry in _stack)
        {
            if (entry.Label == label)
            {
                return true;
            }
        }

        return false;
    }
}
