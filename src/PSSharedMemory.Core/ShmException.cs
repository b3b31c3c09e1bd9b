using System;

namespace PSSharedMemory;

/// <summary>
/// The one exception of this library. <see cref="ErrorId"/> names the condition; <see cref="Function"/> and
/// <see cref="Errno"/> say which system call reported it, where one did.
/// </summary>
public class ShmException : Exception
{
    /// <summary>Makes an exception for a condition that the library itself found.</summary>
    public ShmException(ShmErrorId errorId, string message, object? target = null)
        : base(PrintableText.Of(message))
    {
        ErrorId = errorId;
        Target = target;
    }

    /// <summary>Makes an exception for a system call that failed.</summary>
    public ShmException(ShmErrorId errorId, string message, string function, int errno, object? target = null)
        : this(errorId, message, target)
    {
        Function = function;
        Errno = errno;
    }

    /// <summary>The condition.</summary>
    public ShmErrorId ErrorId { get; }

    /// <summary>The C function or system call that failed, or null.</summary>
    public string? Function { get; }

    /// <summary>The errno that it reported, or 0.</summary>
    public int Errno { get; }

    /// <summary>What the call was about: a segment, a name, an id, a mapping.</summary>
    public object? Target { get; }

    /// <summary>Bytes that were read or written before the failure; 0 where the call does not count bytes.</summary>
    public long BytesDone { get; init; }
}
