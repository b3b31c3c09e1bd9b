using System;
using System.Runtime.InteropServices;

namespace PSSharedMemory.Walk;

/// <summary>
/// Works on a queue or a dictionary until it is killed, and notes in a segment of its own how far it has come, so that
/// whoever kills it knows what must be there: <c>worker put|claim|dictionary NAME NOTES FIRST</c>.
/// </summary>
public static class CollectionWorker
{
    /// <summary>Where the notes are: int64 each.</summary>
    public const int PutBegun = 0;
    public const int PutDone = 8;
    public const int TakeBegun = 16;
    public const int TakeDone = 24;

    private const int Longest = 200_000;
    private const int Fillings = 5;

    public static int Run(string work, string name, string notes, long first)
    {
        using var mapping = ShmMapping.Mount(PosixSegments.FromName(notes));
        var buffer = new byte[Longest];
        var buffers = Buffers();
        if (work == "dictionary")
        {
            using var dictionary = ShmDictionary.Open(PosixSegments.FromName(name));
            for (var number = first; ; number++)
            {
                Note(mapping, PutBegun, number);
                dictionary.Set("value"u8, (uint)ShmValueType.Text, Message(buffers, number), (uint)ShmValueType.Bytes);
                Note(mapping, PutDone, number);
            }
        }

        using var queue = ShmQueue.Open(PosixSegments.FromName(name));
        for (var number = first; ; number++)
        {
            Note(mapping, PutBegun, number);
            queue.Put(Message(buffers, number));
            Note(mapping, PutDone, number);
            Note(mapping, TakeBegun, number);
            if (work == "put")
            {
                queue.Get(buffer, out _);
            }
            else
            {
                if (number % 3 == 0)
                {
                    queue.Claim().Release();
                }

                queue.Claim().Complete();
            }

            Note(mapping, TakeDone, number);
        }
    }

    /// <summary>
    /// A number, its complement to be sure of, and bytes that it tells. They are there before: so most of the time goes
    /// into copying them, which is what the lock is held for.
    /// </summary>
    public static Span<byte> Message(byte[][] buffers, long number)
    {
        var message = buffers[number % buffers.Length].AsSpan(0, LengthOf(number));
        MemoryMarshal.Write(message, number);
        MemoryMarshal.Write(message[8..], ~number);
        return message;
    }

    /// <summary>For <see cref="Message"/>.</summary>
    public static byte[][] Buffers()
    {
        var buffers = new byte[Fillings][];
        for (var i = 0; i < Fillings; i++)
        {
            buffers[i] = new byte[Longest];
            buffers[i].AsSpan().Fill((byte)(i + 1));
        }

        return buffers;
    }

    /// <summary>The number of a message; null where it is torn.</summary>
    public static long? NumberOf(ReadOnlySpan<byte> message)
    {
        if (message.Length < 16)
        {
            return null;
        }

        var number = MemoryMarshal.Read<long>(message);
        return MemoryMarshal.Read<long>(message[8..]) == ~number
            && message.Length == LengthOf(number)
            && !message[16..].ContainsAnyExcept((byte)((number % Fillings) + 1)) ? number : null;
    }

    private static int LengthOf(long number) => (Longest / 2) + (int)(number * 7919 % (Longest / 2));

    private static void Note(ShmMapping mapping, int place, long number) =>
        ShmAtomics.Exchange(mapping, place, number);
}
