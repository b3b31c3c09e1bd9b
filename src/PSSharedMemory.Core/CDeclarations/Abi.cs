using System.Runtime.InteropServices;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// Where the two architectures differ: the sign of plain <c>char</c> and of <c>wchar_t</c>, whether an unnamed
/// bit-field aligns its struct, and the sizes of some types of glibc.
/// </summary>
internal sealed class Abi
{
    public static readonly Abi Amd64 = new() { IsAmd64 = true };

    public static readonly Abi Arm64 = new();

    private KnownTypes? _types;

    /// <summary>Whether it is x86-64; else it is arm64.</summary>
    public bool IsAmd64 { get; private init; }

    // AAPCS64: plain char and wchar_t are unsigned, and every bit-field, named or not, aligns its struct.
    public bool CharIsSigned => IsAmd64;

    public bool UnnamedBitFieldsAlign => !IsAmd64;

    public KnownTypes Types => _types ??= new KnownTypes(this);

    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.PlatformNotSupported"/>: neither x86-64 nor arm64.
    /// </exception>
    public static Abi For(Architecture? architecture) => (architecture ?? RuntimeInformation.ProcessArchitecture) switch
    {
        Architecture.X64 => Amd64,
        Architecture.Arm64 => Arm64,
        var other => throw new ShmException(
            ShmErrorId.PlatformNotSupported,
            $"C layouts are known for x86-64 and arm64, not for {other}; name one of them.",
            other),
    };
}
