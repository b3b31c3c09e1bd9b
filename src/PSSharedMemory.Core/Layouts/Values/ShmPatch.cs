using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>One run of bytes that a write touches.</summary>
/// <param name="Offset">Bytes from the start of the value.</param>
/// <param name="Data">The bytes.</param>
/// <param name="Mask">
/// Of a bit-field: the bits that are its own; the others keep what is in memory, so that these bytes are read, changed
/// and written back. Null: all bits.
/// </param>
internal readonly record struct ShmPatchRun(long Offset, byte[] Data, byte[]? Mask);

/// <summary>
/// What it takes to write some fields: runs of bytes in the order in which they are written, and no other byte.
/// Padding, fields that were not named and the other bits around a bit-field are in none.
/// </summary>
/// <remarks>
/// Neighbouring fields are one run, but a bit-field and an atomic one always stand alone. The bits of a bit-field are
/// exchanged in the fewest bytes that hold them; a peer that changes other bits of those bytes at that moment is
/// undone, as by any C program that assigns to a bit-field.
/// </remarks>
public sealed class ShmPatch
{
    internal ShmPatch(IReadOnlyList<ShmPatchRun> runs) => Runs = runs;

    internal IReadOnlyList<ShmPatchRun> Runs { get; }

    /// <summary>The end of the last run: how many bytes are needed.</summary>
    public long End => Runs.Count == 0 ? 0 : Runs.Max(run => run.Offset + run.Data.Length);

    /// <summary>How many bytes it writes.</summary>
    public long ByteCount => Runs.Sum(static run => (long)run.Data.Length);

    /// <summary>Writes into memory of this process.</summary>
    public void ApplyTo(Span<byte> bytes)
    {
        foreach (var run in Runs)
        {
            var place = bytes.Slice(checked((int)run.Offset), run.Data.Length);
            if (run.Mask is null)
            {
                run.Data.CopyTo(place);
            }
            else
            {
                Merge(place, run);
            }
        }
    }

    /// <summary>Writes into a mapping. All places are checked before the first is written.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.OutOfRange"/>: nothing was written; and all that <see cref="ShmWriter"/> throws.
    /// </exception>
    public void ApplyTo(ShmMapping mapping, long offset) => TypedAccess.Write(mapping, offset, this);

    /// <summary>Puts a run's bits among those that are there.</summary>
    internal static void Merge(Span<byte> present, ShmPatchRun run)
    {
        for (var i = 0; i < run.Data.Length; i++)
        {
            var mask = run.Mask is null ? (byte)0xff : run.Mask[i];
            present[i] = (byte)((present[i] & ~mask) | (run.Data[i] & mask));
        }
    }
}
