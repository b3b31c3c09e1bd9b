namespace PSSharedMemory;

/// <summary>The type of a message's or a dictionary value's bytes. All numbers are little-endian.</summary>
public enum ShmValueType : long
{
    /// <summary>Unspecified.</summary>
    None = 0,

    /// <summary>Bytes.</summary>
    Bytes = 1,

    /// <summary>Text in UTF-8, without a NUL.</summary>
    Text = 2,

    /// <summary>A signed 64-bit integer.</summary>
    Int64 = 3,

    /// <summary>A 64-bit floating-point number.</summary>
    Double = 4,

    /// <summary>One byte: 0 or 1.</summary>
    Boolean = 5,

    /// <summary>No value, and no bytes.</summary>
    Null = 6,

    /// <summary>An object as PowerShell's CLIXML, in UTF-8.</summary>
    CliXml = 7,

    /// <summary>
    /// A date: int64 of 100 ns since the year 1, UTC; then, if there is a ninth byte, 0: no zone, 1: UTC, 2: local.
    /// </summary>
    Date = 8,

    /// <summary>A signed 32-bit integer.</summary>
    Int32 = 9,

    /// <summary>An unsigned 32-bit integer.</summary>
    UInt32 = 10,

    /// <summary>An unsigned 64-bit integer.</summary>
    UInt64 = 11,

    /// <summary>A signed 16-bit integer.</summary>
    Int16 = 12,

    /// <summary>An unsigned 16-bit integer.</summary>
    UInt16 = 13,

    /// <summary>A signed 8-bit integer.</summary>
    SByte = 14,

    /// <summary>An unsigned 8-bit integer.</summary>
    Byte = 15,

    /// <summary>A 32-bit floating-point number.</summary>
    Single = 16,

    /// <summary>A decimal: four int32, low, middle, high and flags, as decimal.GetBits has them.</summary>
    Decimal = 17,

    /// <summary>A character: one UTF-16 unit.</summary>
    Char = 18,

    /// <summary>A duration: int64 of 100 ns.</summary>
    TimeSpan = 19,

    /// <summary>A Guid: 16 bytes as Guid.ToByteArray has them.</summary>
    Guid = 20,

    /// <summary>
    /// A date with its offset: int64 of 100 ns since the year 1, local, and int64 of the offset's 100 ns.
    /// </summary>
    DateTimeOffset = 21,
}
