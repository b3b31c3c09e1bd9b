using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>Makes structs and unions of every kind of member, the same ones for the same seed.</summary>
internal sealed class StructGenerator(int seed)
{
    private static readonly string[] Scalars =
    [
        "char", "signed char", "unsigned char", "short", "unsigned short", "int", "unsigned", "long", "unsigned long",
        "long long", "float", "double", "long double",
        "_Bool", "uint8_t", "int16_t", "uint32_t", "int64_t", "size_t", "void *", "char *", "enum color", "enum wide",
        "_Atomic int", "_Atomic(short)", "atomic_long", "pid_t",
        "wchar_t", "char16_t", "__int128", "pthread_mutex_t", "sem_t", "odd_t", "far_t", "volatile int",
        "unsigned __int128", "_Float16", "_Float128", "enum tiny", "vector_t", "char *const *", "atomic_bool",
        "__be16", "__be32", "__be64", "__le16", "__le32", "__le64", "__aligned_u64",
        "BYTE", "WORD", "DWORD", "LONG", "BOOL", "ULONGLONG", "CHAR", "WCHAR", "HANDLE", "SIZE_T",
        "gchar", "gboolean", "guint16", "gint64", "gsize", "gdouble", "gpointer",
    ];

    private static readonly (string Type, int Bits)[] BitTypes =
    [
        ("char", 8), ("signed char", 8), ("unsigned char", 8), ("short", 16), ("unsigned short", 16), ("int", 32),
        ("unsigned", 32), ("long", 64), ("unsigned long", 64),
        ("_Bool", 1), ("enum color", 32), ("enum wide", 64), ("uint16_t", 16), ("int64_t", 64), ("enum tiny", 8),
        ("DWORD", 32), ("LONG", 32), ("guint64", 64), ("unsigned __int128", 128), ("__int128", 128),
    ];

    // Reproducible on purpose.
#pragma warning disable CA5394
    private readonly Random _random = new(seed);
    private readonly List<string> _usable = [];
    private int _field;

    public List<string> Types { get; } = [];

    public string Make(int count)
    {
        var text = new StringBuilder("""
            #define SMALL 3
            enum color { RED, GREEN = 5, BLUE };
            enum wide { LOW = -1, HIGH = 0x7fffffffff };
            typedef short odd_t __attribute__((aligned(1)));
            typedef char far_t __attribute__((aligned(8)));
            enum tiny { NONE, SOME = 3, ALL = 200 } __attribute__((packed));
            typedef float vector_t __attribute__((vector_size(16)));

            """);
        for (var i = 0; i < count; i++)
        {
            var pack = Chance(15) ? 1 << _random.Next(5) : 0;
            var keyword = Chance(15) ? "union" : "struct";
            var name = $"{keyword} g{i}";
            if (pack > 0)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"#pragma pack(push, {pack})");
            }

            var members = Members(1 + _random.Next(8), 0);
            var tail = keyword == "struct" && Chance(5) ? $"int count{i}; {Scalars[_random.Next(6)]} tail{i}[]; " : "";
            text.AppendLine(CultureInfo.InvariantCulture, $"{name} {{ {members}{tail}}}{RecordAttributes()};");
            if (pack > 0)
            {
                text.AppendLine("#pragma pack(pop)");
            }

            Types.Add(name);
            if (tail.Length == 0)
            {
                _usable.Add(name);
            }
        }

        return text.ToString();
    }

    private bool Chance(int percent) => _random.Next(100) < percent;

    private string RecordAttributes()
    {
        var packed = Chance(20) ? " __attribute__((packed))" : "";
        return packed + (Chance(10) ? $" __attribute__((aligned({1 << _random.Next(6)})))" : "");
    }

    private string Members(int count, int depth)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            text.Append(Member(depth)).Append("; ");
        }

        return text.ToString();
    }

    private string Member(int depth)
    {
        var name = $"f{_field++}";
        var kind = _random.Next(100);
        if (kind < 30)
        {
            return BitField(name);
        }

        if (kind < 40 && depth < 3)
        {
            var tag = Chance(20) ? $"t{_field++} " : "";
            return $"{(Chance(50) ? "struct" : "union")} {tag}{{ "
                + $"{Members(1 + _random.Next(4), depth + 1)}}}{(Chance(20) ? " __attribute__((packed))" : "")}{(tag.Length > 0 || Chance(50) ? " " + name : "")}{(tag.Length > 0 && Chance(30) ? "[3]" : "")}";
        }

        if (kind < 50 && _usable.Count > 0)
        {
            return $"{_usable[_random.Next(_usable.Count)]} {name}{(Chance(30) ? "[2]" : "")}{FieldAttributes()}";
        }

        if (kind < 53)
        {
            return Chance(50) ? $"int (*{name}{(Chance(30) ? "[2]" : "")})(int, void *)" : $"long (*{name})[5]";
        }

        var type = Scalars[_random.Next(Scalars.Length)];
        var array = type != "far_t" && Chance(30);
        return $"{(Chance(4) ? $"_Alignas({16 << _random.Next(3)}) " : "")}{type} {name}{(array ? Dimensions() : "")}{FieldAttributes()}";
    }

    private string Dimensions() => _random.Next(4) switch
    {
        0 => "[SMALL]",
        1 => "[2][SMALL + 1]",
        2 => "[1]",
        _ => $"[{1 + _random.Next(9)}]",
    };

    private string FieldAttributes()
    {
        if (Chance(6))
        {
            return " __attribute__((packed))";
        }

        return Chance(6) ? $" __attribute__((aligned({1 << _random.Next(6)})))" : "";
    }

    private string BitField(string name)
    {
        (var type, var bits) = BitTypes[_random.Next(BitTypes.Length)];
        if (Chance(12))
        {
            return $"{type} : {(Chance(50) ? 0 : 1 + _random.Next(bits))}";
        }

        return $"{type} {name} : {1 + _random.Next(bits)}{(Chance(5) ? " __attribute__((packed))" : "")}";
    }
#pragma warning restore CA5394
}
