using System;

namespace PSSharedMemory.Commands;

/// <summary>
/// What a cmdlet works on for one call: the user's own, which stays, or one that was opened for the call.
/// </summary>
/// <param name="Value">What it is.</param>
/// <param name="IsOpened">Whether it was opened for the call, and ends with it.</param>
internal readonly record struct Lent<T>(T Value, bool IsOpened) : IDisposable
    where T : IDisposable
{
    public void Dispose()
    {
        if (IsOpened)
        {
            Value.Dispose();
        }
    }
}
