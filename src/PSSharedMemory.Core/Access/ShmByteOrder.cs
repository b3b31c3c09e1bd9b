using System;

namespace PSSharedMemory;

/// <summary>The order of the bytes of a number.</summary>
public enum ShmByteOrder : long
{
    /// <summary>As this host has it.</summary>
    Native,

    /// <summary>Least significant byte first.</summary>
    LittleEndian,

    /// <summary>Most significant byte first: network order.</summary>
    BigEndian,
}

/// <summary>What an order of bytes means on this host.</summary>
public static class ShmByteOrderExtensions
{
    /// <summary>Whether numbers in this order are reversed on this host.</summary>
    public static bool IsSwapped(this ShmByteOrder order) => order switch
    {
        ShmByteOrder.LittleEndian => !BitConverter.IsLittleEndian,
        ShmByteOrder.BigEndian => BitConverter.IsLittleEndian,
        _ => false,
    };
}
