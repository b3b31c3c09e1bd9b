using System;
using System.Buffers.Binary;
using System.Numerics;

namespace PSSharedMemory;

/// <summary>
/// Real numbers of 16 bytes: x87's extended ones (64 bits of digits in 10 bytes, then padding), which are
/// <c>long double</c> on x86-64, and IEEE binary128 (113 bits), which are <c>_Float128</c>, and <c>long double</c> on
/// arm64.
/// </summary>
internal static class WideReal
{
    /// <summary>Bytes of an x87 number; the others are padding.</summary>
    public const int ExtendedLength = 10;

    private const int Bias = 16383;
    private const int LargestExponent = 0x7fff;
    private const int DoubleDigits = 53;
    private const int SmallestDoubleExponent = -1074;

    // double.NaN is the negative one.
    private static readonly double Quiet = BitConverter.Int64BitsToDouble(0x7ff8L << 48);

    /// <summary>The nearest <see cref="double"/>, as C's cast has it: infinite where it's beyond.</summary>
    public static double Read(ReadOnlySpan<byte> bytes, bool isExtended)
    {
        var bits = BinaryPrimitives.ReadUInt128LittleEndian(bytes);
        var top = (int)(bits >> (isExtended ? 64 : 112)) & 0xffff;
        var fraction = isExtended ? (ulong)bits : bits & ((UInt128.One << 112) - 1);
        var exponent = top & LargestExponent;
        var digits = Digits(isExtended);
        var magnitude = exponent == LargestExponent
            ? (isExtended ? fraction << 65 : fraction) == 0 ? double.PositiveInfinity : Quiet
            : isExtended && exponent > 0 && (fraction >> 63) == 0
                ? Quiet
                : Nearest(
                    !isExtended && exponent > 0 ? fraction | (UInt128.One << 112) : fraction,
                    Math.Max(exponent, 1) - Bias - digits + 1);
        return top > LargestExponent ? -magnitude : magnitude;
    }

    /// <summary>Writes the nearest number, ties to the even one.</summary>
    /// <returns>Whether it isn't too large.</returns>
    public static bool TryWrite(Rational value, bool isExtended, Span<byte> bytes)
    {
        var digits = Digits(isExtended);
        var magnitude = BigInteger.Abs(value.Numerator);
        var exponent = 0L;
        UInt128 fraction = 0;
        if (!magnitude.IsZero)
        {
            // So many bits before the point that the quotient has the wanted digits, or one more.
            var shift = magnitude.GetBitLength() - value.Denominator.GetBitLength() - digits;
            shift = Math.Max(shift, 1 - Bias - digits + 1);
            var quotient = Quotient(magnitude, value.Denominator, shift);
            if (quotient.GetBitLength() > digits)
            {
                quotient = Quotient(magnitude, value.Denominator, ++shift);
            }

            if (quotient.GetBitLength() > digits)
            {
                quotient >>= 1;
                shift++;
            }

            fraction = (UInt128)quotient;
            exponent = quotient.GetBitLength() == digits ? shift + digits - 1 + Bias : 0;
        }

        return exponent < LargestExponent && Put(value.IsNegative, (int)exponent, fraction, isExtended, bytes);
    }

    /// <summary>Writes an infinity or a NaN.</summary>
    public static void WriteSpecial(double value, bool isExtended, Span<byte> bytes)
    {
        var digits = Digits(isExtended);
        var fraction = UInt128.One << (digits - 1);
        if (double.IsNaN(value))
        {
            fraction |= UInt128.One << (digits - 2);
        }

        Put(double.IsNegative(value), LargestExponent, fraction, isExtended, bytes);
    }

    private static int Digits(bool isExtended) => isExtended ? 64 : 113;

    // x87 writes its first digit out, binary128 doesn't.
    private static bool Put(bool isNegative, int exponent, UInt128 fraction, bool isExtended, Span<byte> bytes)
    {
        Span<byte> all = stackalloc byte[16];
        var rest = isExtended ? fraction : fraction & ((UInt128.One << 112) - 1);
        var top = (UInt128)((isNegative ? 0x8000 : 0) | exponent);
        BinaryPrimitives.WriteUInt128LittleEndian(all, rest | (top << (isExtended ? 64 : 112)));
        all[..bytes.Length].CopyTo(bytes);
        return true;
    }

    /// <summary>numerator / (denominator * 2^shift), to the nearest whole number, ties to the even one.</summary>
    private static BigInteger Quotient(BigInteger numerator, BigInteger denominator, long shift)
    {
        numerator <<= (int)Math.Max(-shift, 0);
        denominator <<= (int)Math.Max(shift, 0);
        var quotient = BigInteger.DivRem(numerator, denominator, out var rest);
        var half = (rest << 1).CompareTo(denominator);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }

    private static double Nearest(UInt128 whole, int exponent)
    {
        var length = 128 - (int)UInt128.LeadingZeroCount(whole);
        var dropped = Math.Max(length - DoubleDigits, SmallestDoubleExponent - exponent);
        if (dropped > length)
        {
            return 0;
        }

        if (dropped > 0)
        {
            var rest = whole & ((UInt128.One << dropped) - 1);
            var half = UInt128.One << (dropped - 1);
            whole = dropped == 128 ? 0 : whole >> dropped;
            if (rest > half || (rest == half && (whole & 1) == 1))
            {
                whole++;
            }

            exponent += dropped;
        }

        // Exact: at most 53 digits, and none below the smallest that a double has.
        return Math.ScaleB((double)(ulong)whole, exponent);
    }
}
