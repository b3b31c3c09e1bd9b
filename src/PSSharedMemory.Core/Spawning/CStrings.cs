using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace PSSharedMemory;

/// <summary>A NULL-terminated array of C strings in native memory: an argv, or an envp.</summary>
internal sealed unsafe class CStrings : IDisposable
{
    private readonly byte** _pointers;
    private readonly int _count;

    /// <param name="texts">Without a NUL in them.</param>
    public CStrings(IReadOnlyCollection<string> texts)
    {
        _pointers = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
        foreach (var text in texts)
        {
            var size = Encoding.UTF8.GetByteCount(text);
            var bytes = (byte*)NativeMemory.Alloc((nuint)size + 1);
            Encoding.UTF8.GetBytes(text, new Span<byte>(bytes, size));
            bytes[size] = 0;
            _pointers[_count++] = bytes;
        }
    }

    public byte** Pointers => _pointers;

    public byte* this[int index] => _pointers[index];

    public void Dispose()
    {
        for (var i = 0; i < _count; i++)
        {
            NativeMemory.Free(_pointers[i]);
        }

        NativeMemory.Free(_pointers);
    }
}
