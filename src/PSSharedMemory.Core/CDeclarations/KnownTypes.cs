using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>A type with its spelling in declarations.</summary>
internal readonly record struct TypeName(ShmType Type, string Spelling);

/// <summary>
/// The types of the language and of the C library's common headers. A typedef of the same name in the text takes
/// precedence.
/// </summary>
internal sealed partial class KnownTypes
{
    public static readonly ShmType Void = new(ShmTypeKind.None, "void", 0, 1);
    public static readonly ShmType Bool = new(ShmTypeKind.Boolean, "bool", 1, 1);
    public static readonly ShmType SignedChar = Number("signed char", 1, true);
    public static readonly ShmType UnsignedChar = Number("unsigned char", 1, false);
    public static readonly ShmType Short = Number("short", 2, true);
    public static readonly ShmType UnsignedShort = Number("unsigned short", 2, false);
    public static readonly ShmType Int = Number("int", 4, true);
    public static readonly ShmType UnsignedInt = Number("unsigned int", 4, false);
    public static readonly ShmType Long = Number("long", 8, true);
    public static readonly ShmType UnsignedLong = Number("unsigned long", 8, false);
    public static readonly ShmType LongLong = Number("long long", 8, true);
    public static readonly ShmType UnsignedLongLong = Number("unsigned long long", 8, false);
    public static readonly ShmType Int128 = Number("__int128", 16, true);
    public static readonly ShmType UnsignedInt128 = Number("unsigned __int128", 16, false);
    public static readonly ShmType Half = new(ShmTypeKind.FloatingPoint, "_Float16", 2, 2) { IsSigned = true };
    public static readonly ShmType Float = new(ShmTypeKind.FloatingPoint, "float", 4, 4) { IsSigned = true };
    public static readonly ShmType Double = new(ShmTypeKind.FloatingPoint, "double", 8, 8) { IsSigned = true };
    public static readonly ShmType Extended =
        new(ShmTypeKind.FloatingPoint, "long double", 16, 16) { IsSigned = true, IsExtended = true };

    public static readonly ShmType Quadruple =
        new(ShmTypeKind.FloatingPoint, "_Float128", 16, 16) { IsSigned = true };

    public static readonly ShmType ComplexFloat = Opaque("_Complex float", 8, 4);
    public static readonly ShmType ComplexDouble = Opaque("_Complex double", 16, 8);
    public static readonly ShmType ComplexLongDouble = Opaque("_Complex long double", 32, 16);
    public static readonly ShmType Decimal32 = Opaque("_Decimal32", 4, 4);
    public static readonly ShmType Decimal64 = Opaque("_Decimal64", 8, 8);
    public static readonly ShmType Decimal128 = Opaque("_Decimal128", 16, 16);
    public static readonly ShmType Char16 = new(ShmTypeKind.Character, "char16_t", 2, 2);
    public static readonly ShmType Char32 = new(ShmTypeKind.Character, "char32_t", 4, 4);

    public static readonly ShmType VoidPointer = new(ShmTypeKind.Address, "void *", 8, 8);

    private readonly Dictionary<string, TypeName> _byName = new(StringComparer.Ordinal);
    private readonly Lazy<Scope>? _library;

    public KnownTypes(Abi abi, bool hasLibrary = true)
    {
        Char = new ShmType(ShmTypeKind.Character, "char", 1, 1) { IsSigned = abi.CharIsSigned };
        WideChar = new ShmType(ShmTypeKind.Character, "wchar_t", 4, 4) { IsSigned = abi.CharIsSigned };
        LongDouble = abi.IsAmd64 ? Extended : Quadruple.Variant(name: "long double");
        AddNumbers(abi);
        AddAtomics();
        AddThreads(abi);
        AddKernel();
        AddShortNames();
        AddWindows();
        AddToolkits();
        _library = hasLibrary ? new Lazy<Scope>(() => LibraryDeclarations.Read(abi)) : null;
    }

    public ShmType Char { get; }

    public ShmType WideChar { get; }

    /// <summary>x87's extended number on x86-64, IEEE's binary128 on arm64.</summary>
    public ShmType LongDouble { get; }

    /// <summary>A type by its name, or by its tag as in <c>struct timespec</c>.</summary>
    public bool TryGet(string name, out TypeName type)
    {
        if (_byName.TryGetValue(name, out type))
        {
            return true;
        }

        // The library's structs are parsed when one of them is first needed.
        return _library?.Value.TryGetOwn(name, out type) == true;
    }

    /// <summary>
    /// Whether a name also aligns the member that it stands before, in a packed struct too: <c>__aligned_u64</c> is a
    /// macro of linux/types.h.
    /// </summary>
    public bool AlignsMember(string name, ShmType type) => name.StartsWith("__aligned_", StringComparison.Ordinal)
        && _byName.TryGetValue(name, out var known) && ReferenceEquals(known.Type, type);

    /// <summary>Whether a name implies a byte order, even if the text has a typedef of it.</summary>
    public bool HasByteOrder(string name) =>
        _byName.TryGetValue(name, out var type) && type.Type.IsBigEndian is not null;

    /// <summary>The atomic variant of a type: gcc aligns one of 1, 2, 4, 8 or 16 bytes to its size.</summary>
    public static ShmType Atomic(ShmType type)
    {
        var whole = type.Size is 1 or 2 or 4 or 8 or 16;
        return type.Variant(alignment: whole ? (int)Math.Max(type.Alignment, type.Size) : type.Alignment, atomic: true);
    }

    /// <summary>A vector of a number type: an array that is aligned to its size.</summary>
    public static ShmType Vector(ShmType number, int size) =>
        ShmType.ArrayOf(number, size / number.Size).Variant(alignment: size);

    /// <summary>The number of a machine mode of gcc: QI is a quarter of an SI of 4 bytes. Null for none.</summary>
    public static ShmType? OfMode(string mode, bool isSigned) => mode switch
    {
        "QI" or "byte" => isSigned ? SignedChar : UnsignedChar,
        "HI" => isSigned ? Short : UnsignedShort,
        "SI" => isSigned ? Int : UnsignedInt,
        "DI" or "word" or "pointer" => isSigned ? Long : UnsignedLong,
        "TI" => isSigned ? Int128 : UnsignedInt128,
        "HF" => Half,
        "SF" => Float,
        "DF" => Double,
        "TF" => Quadruple,
        "XF" => Extended,
        _ => null,
    };

    private static ShmType Number(string name, int size, bool signed) =>
        new(ShmTypeKind.Number, name, size, size) { IsSigned = signed };

    private static ShmType Opaque(string name, int size, int alignment) =>
        new(ShmTypeKind.Opaque, name, size, alignment);

    private void Add(ShmType type, params string[] names)
    {
        foreach (var name in names)
        {
            _byName[name] = new TypeName(type, name);
        }
    }

    private void AddNumbers(Abi abi)
    {
        Add(Bool, "bool");
        Add(new ShmType(ShmTypeKind.Character, "char8_t", 1, 1), "char8_t");
        Add(Char16, "char16_t");
        Add(Char32, "char32_t");
        Add(WideChar, "wchar_t");
        Add(SignedChar, "int8_t", "int_least8_t", "int_fast8_t", "__s8", "s8");
        Add(UnsignedChar, "uint8_t", "uint_least8_t", "uint_fast8_t", "u_int8_t", "__u8", "u8", "u_char", "uchar");
        Add(Short, "int16_t", "int_least16_t", "__s16", "s16");
        Add(
            UnsignedShort, "uint16_t", "uint_least16_t", "u_int16_t", "__u16", "u16", "u_short", "ushort",
            "sa_family_t", "in_port_t");
        Add(
            Int, "int32_t", "int_least32_t", "__s32", "s32", "pid_t", "__pid_t", "key_t", "clockid_t", "daddr_t",
            "sig_atomic_t");
        Add(
            UnsignedInt, "uint32_t", "uint_least32_t", "u_int32_t", "__u32", "u32", "u_int", "uint", "uid_t", "gid_t",
            "mode_t", "id_t", "useconds_t", "socklen_t", "in_addr_t", "wint_t");
        Add(
            Long, "int64_t", "int_least64_t", "int_fast16_t", "int_fast32_t", "int_fast64_t", "intmax_t", "intptr_t",
            "ptrdiff_t", "ssize_t");
        Add(Long, "time_t", "off_t", "off64_t", "suseconds_t", "clock_t", "blkcnt_t", "quad_t", "__time_t", "__off_t");
        Add(
            UnsignedLong, "uint64_t", "uint_least64_t", "uint_fast16_t", "uint_fast32_t", "uint_fast64_t", "u_int64_t",
            "uintmax_t", "uintptr_t", "size_t");
        Add(
            UnsignedLong, "u_long", "ulong", "ino_t", "ino64_t", "dev_t", "rlim_t", "fsblkcnt_t", "fsfilcnt_t",
            "u_quad_t", "shmatt_t", "msgqnum_t", "msglen_t", "nfds_t");
        Add(LongLong, "__s64", "s64", "loff_t");
        Add(UnsignedLongLong, "__u64", "u64");
        Add(abi.IsAmd64 ? UnsignedLong : UnsignedInt, "nlink_t");
        Add(abi.IsAmd64 ? Long : Int, "blksize_t");
        Add(Int128, "__int128_t");
        Add(UnsignedInt128, "__uint128_t");
        Add(Opaque("max_align_t", 32, 16), "max_align_t");
        Add(VoidPointer, "nullptr_t");
        Add(Opaque("fpos_t", 16, 8), "fpos_t");
        Add(Opaque("mbstate_t", 8, 4), "mbstate_t");
        Add(abi.IsAmd64 ? Opaque("va_list", 24, 8) : Opaque("va_list", 32, 8), "va_list");
        Add(abi.IsAmd64 ? Opaque("jmp_buf", 200, 8) : Opaque("jmp_buf", 312, 8), "jmp_buf", "sigjmp_buf");
        Add(Opaque("__bf16", 2, 2), "__bf16");
        if (abi.IsAmd64)
        {
            AddVectors();
        }
    }

    // immintrin.h
    private void AddVectors()
    {
        foreach (var bits in (int[])[128, 256, 512])
        {
            Add(Vector(Float, bits / 8), $"__m{bits}");
            Add(Vector(Double, bits / 8), $"__m{bits}d");
            Add(Vector(LongLong, bits / 8), $"__m{bits}i");
        }
    }

    private void AddAtomics()
    {
        Add(Atomic(Bool), "atomic_bool", "atomic_flag");
        Add(Atomic(Char), "atomic_char");
        Add(Atomic(SignedChar), "atomic_schar");
        Add(Atomic(UnsignedChar), "atomic_uchar");
        Add(Atomic(Short), "atomic_short");
        Add(Atomic(UnsignedShort), "atomic_ushort");
        Add(Atomic(Int), "atomic_int");
        Add(Atomic(UnsignedInt), "atomic_uint");
        Add(Atomic(Long), "atomic_long");
        Add(Atomic(UnsignedLong), "atomic_ulong");
        Add(Atomic(LongLong), "atomic_llong");
        Add(Atomic(UnsignedLongLong), "atomic_ullong");
        foreach (var name in new List<string>(_byName.Keys))
        {
            if (name.EndsWith("_t", StringComparison.Ordinal) && (name.StartsWith("int", StringComparison.Ordinal)
                || name.StartsWith("uint", StringComparison.Ordinal)
                || name.StartsWith("char", StringComparison.Ordinal)
                || name is "wchar_t" or "size_t" or "ptrdiff_t"))
            {
                Add(Atomic(_byName[name].Type), "atomic_" + name);
            }
        }
    }

    // Sizes of glibc: <bits/pthreadtypes-arch.h> and <bits/semaphore.h> of each architecture.
    private void AddThreads(Abi abi)
    {
        var amd64 = abi.IsAmd64;
        Add(UnsignedLong, "pthread_t");
        Add(UnsignedInt, "pthread_key_t");
        Add(Int, "pthread_once_t", "pthread_spinlock_t");
        Add(Opaque("pthread_mutex_t", amd64 ? 40 : 48, 8), "pthread_mutex_t");
        Add(Opaque("pthread_mutexattr_t", amd64 ? 4 : 8, 4), "pthread_mutexattr_t");
        Add(Opaque("pthread_cond_t", 48, 8), "pthread_cond_t");
        Add(Opaque("pthread_condattr_t", amd64 ? 4 : 8, 4), "pthread_condattr_t");
        Add(Opaque("pthread_rwlock_t", 56, 8), "pthread_rwlock_t");
        Add(Opaque("pthread_rwlockattr_t", 8, 8), "pthread_rwlockattr_t");
        Add(Opaque("pthread_barrier_t", 32, 8), "pthread_barrier_t");
        Add(Opaque("pthread_barrierattr_t", amd64 ? 4 : 8, 4), "pthread_barrierattr_t");
        Add(Opaque("pthread_attr_t", amd64 ? 56 : 64, 8), "pthread_attr_t");
        Add(Opaque("sem_t", 32, 8), "sem_t");
        Add(Opaque("sigset_t", 128, 8), "sigset_t");
    }
}
