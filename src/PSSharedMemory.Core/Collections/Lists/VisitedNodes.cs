using System;

namespace PSSharedMemory;

/// <summary>The nodes a reader has seen: one bit per 8 bytes of the segment read so far.</summary>
internal sealed class VisitedNodes
{
    private const int BitsPerWord = 64;

    private ulong[] _words = [];

    /// <summary>Whether the node is seen for the first time.</summary>
    public bool Add(int offset)
    {
        var index = offset / ArenaLayout.Alignment;
        var word = index / BitsPerWord;
        if (word >= _words.Length)
        {
            Array.Resize(ref _words, Math.Max(word + 1, _words.Length * 2));
        }

        var bit = 1UL << (index % BitsPerWord);
        if ((_words[word] & bit) != 0)
        {
            return false;
        }

        _words[word] |= bit;
        return true;
    }
}
