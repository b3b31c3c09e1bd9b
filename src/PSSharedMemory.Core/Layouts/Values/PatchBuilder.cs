using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>Collects the bytes of a write, neighbours together.</summary>
internal sealed class PatchBuilder
{
    private readonly List<ShmPatchRun> _runs = [];
    private byte[] _buffer = new byte[64];
    private long _start;
    private int _length;
    private bool _standsAlone;

    /// <summary>Room for bytes at an offset, cleared; to be filled before the next call.</summary>
    /// <param name="offset">Bytes from the start.</param>
    /// <param name="length">How many.</param>
    /// <param name="alone">Whether they are to be written by themselves.</param>
    public Span<byte> Reserve(long offset, int length, bool alone)
    {
        if (alone || _standsAlone || offset != _start + _length || _length > Array.MaxLength - length)
        {
            Flush();
        }

        if (_length == 0)
        {
            _start = offset;
        }

        if (_length + length > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_length + length, (int)Math.Min(_buffer.Length * 2L, Array.MaxLength)));
        }

        var room = _buffer.AsSpan(_length, length);
        room.Clear();
        _length += length;
        _standsAlone = alone;
        return room;
    }

    public void AddBits(long offset, byte[] data, byte[] mask)
    {
        Flush();
        _runs.Add(new ShmPatchRun(offset, data, mask));
    }

    public ShmPatch Build()
    {
        Flush();
        return new ShmPatch(_runs);
    }

    private void Flush()
    {
        if (_length > 0)
        {
            _runs.Add(new ShmPatchRun(_start, _buffer[.._length], null));
        }

        _length = 0;
    }
}
