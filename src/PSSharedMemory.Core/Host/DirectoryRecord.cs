using System;
using System.Buffers.Binary;

namespace PSSharedMemory;

/// <summary>What getdents64(2) fills in: one struct linux_dirent64 behind the other.</summary>
internal static class DirectoryRecord
{
    // { uint64 inode; int64 offset; uint16 record length; uint8 type; name with its NUL }
    private const int LengthOffset = 16;
    private const int NameOffset = 19;

    /// <summary>
    /// Takes the next entry off the records; false at their end. Its name has no NUL in it, and one behind.
    /// </summary>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> records, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (records.Length <= NameOffset)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16LittleEndian(records[LengthOffset..]);
        name = records[NameOffset..length];
        name = name[..name.IndexOf((byte)0)];
        records = records[length..];
        return true;
    }
}
