using System;
using System.Globalization;

namespace PSSharedMemory;

/// <summary>
/// A pointer read from memory: an address in the process that wrote it, shown in hexadecimal. Compares with and
/// converts to numbers; never followed.
/// </summary>
public readonly struct ShmAddress : IEquatable<ShmAddress>, IComparable<ShmAddress>, IComparable, IFormattable
{
    /// <summary>Makes an address.</summary>
    /// <param name="value">The 64 bits.</param>
    public ShmAddress(ulong value) => Value = value;

    /// <summary>The 64 bits.</summary>
    public ulong Value { get; }

    /// <summary>The number as an address.</summary>
    public static implicit operator ShmAddress(ulong value) => new(value);

    /// <summary>The number as an address.</summary>
    public static implicit operator ShmAddress(nuint value) => new(value);

    /// <summary>The number as an address.</summary>
    public static implicit operator ShmAddress(nint value) => new((ulong)value);

    /// <summary>The number as an address.</summary>
    public static implicit operator ShmAddress(long value) => new((ulong)value);

    /// <summary>The number as an address.</summary>
    public static implicit operator ShmAddress(int value) => new((ulong)value);

    /// <summary>The address as a number.</summary>
    public static implicit operator ulong(ShmAddress address) => address.Value;

    /// <summary>The address as a number.</summary>
    public static implicit operator long(ShmAddress address) => (long)address.Value;

    /// <summary>The address as a number.</summary>
    public static implicit operator nint(ShmAddress address) => (nint)address.Value;

    /// <summary>The address as a number.</summary>
    public static implicit operator nuint(ShmAddress address) => (nuint)address.Value;

    /// <summary>The address as a smaller number, if it fits: what comparing with one converts to.</summary>
    /// <exception cref="OverflowException">It does not fit.</exception>
    public static explicit operator int(ShmAddress address) => checked((int)address.Value);

    /// <summary>The address as a smaller number, if it fits: what comparing with one converts to.</summary>
    /// <exception cref="OverflowException">It does not fit.</exception>
    public static explicit operator uint(ShmAddress address) => checked((uint)address.Value);

    /// <summary>Bytes from the second address to the first.</summary>
    public static long operator -(ShmAddress left, ShmAddress right) => (long)(left.Value - right.Value);

    /// <summary>The address this many bytes further on.</summary>
    public static ShmAddress operator +(ShmAddress left, long right) => new(left.Value + (ulong)right);

    /// <summary>Whether they are the same.</summary>
    public static bool operator ==(ShmAddress left, ShmAddress right) => left.Value == right.Value;

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(ShmAddress left, ShmAddress right) => left.Value != right.Value;

    /// <summary>Whether the first is below the second.</summary>
    public static bool operator <(ShmAddress left, ShmAddress right) => left.Value < right.Value;

    /// <summary>Whether the first is above the second.</summary>
    public static bool operator >(ShmAddress left, ShmAddress right) => left.Value > right.Value;

    /// <summary>Whether the first is not above the second.</summary>
    public static bool operator <=(ShmAddress left, ShmAddress right) => left.Value <= right.Value;

    /// <summary>Whether the first is not below the second.</summary>
    public static bool operator >=(ShmAddress left, ShmAddress right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public bool Equals(ShmAddress other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ShmAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(ShmAddress other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        ShmAddress other => CompareTo(other),
        _ => throw new ArgumentException("Only addresses can be compared.", nameof(obj)),
    };

    /// <summary>Hexadecimal with 0x before it.</summary>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The number in a format such as <c>X16</c>.</summary>
    public string ToString(string? format, IFormatProvider? formatProvider) =>
        string.IsNullOrEmpty(format) ? ToString() : Value.ToString(format, formatProvider);
}
