using System;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>
/// Any text is a type or an InvalidDefinition; every type keeps the rules of C; what is written is read again.
/// </summary>
public sealed class ParserPropertyTests
{
    private static readonly string[] Pieces =
    [
        "struct", "union", "enum", "typedef", "s", "t", "int", "char", "unsigned", "long", "double", "void", "_Bool",
        "_Atomic", "_Atomic(int)", "uint8_t", "pthread_mutex_t",
        "{", "}", "(", ")", "[", "]", ";", ",", ":", "*", "=", "<", ">", "+", "-", "/", "%", "<<", "&&", "?", "!", "~",
        "...", "->", ".", "::", "##", "#",
        "0", "1", "3", "8", "0x10", "100000000000", "1e5", "'a'", "\"text\"", "'", "\"", "\\\n", "\n", " ", "/*", "*/",
        "//",
        "#define N 4\n", "#define F(x) x\n", "#define G(x, ...) x __VA_ARGS__\n", "N", "F", "G", "#if N\n",
        "#ifdef N\n", "#else\n", "#elif 1\n", "#endif\n", "#undef N\n", "#include <x>\n",
        "#pragma pack(1)\n", "#pragma pack(push, 2)\n", "#pragma pack(pop)\n", "_Pragma(\"pack(1)\")",
        "__attribute__((packed))", "__attribute__((aligned(8)))", "__attribute__((", "_Alignas(16)", "[[", "]]",
        "sizeof", "sizeof(int)", "offsetof(struct s, a)", "_Alignof(long)", "_Static_assert(1, \"\");",
        "extern \"C\" {", "static", "const", "std", "std::atomic<int>", "std::array<int, 2>", "class", "public:",
        "namespace n {", "using t = int;", "n::", "typeof(", "typeof(int)", "_Complex", "s();", "~s();", "operator",
        "operator==", "virtual", "template <", "int f() { }", "noexcept", "PACKED", "#define S(x) #x x\n", "S(",
        "a", "b", "struct s { int a; };", "int a : 3;", "int a[2];", "enum { A, B = 2 };", "typedef int t;",
        "using namespace std;", "\0", "\u00e9", "\ud83d", "@", "$",
    ];

    private static void ParsesOrSaysWhy(string text)
    {
        try
        {
            var type = ShmType.Parse(text);
            CheckInvariants(type);
        }
        catch (ShmDefinitionException error)
        {
            Assert.True(error.Line >= 1 && error.Column >= 1);
            Assert.Equal(ShmErrorId.InvalidDefinition, error.ErrorId);
        }
    }

    private static void CheckInvariants(ShmType type)
    {
        Assert.InRange(type.Size, 0, 1L << 40);
        Assert.True(type.Alignment > 0 && (type.Alignment & (type.Alignment - 1)) == 0);
        if (!type.IsRecord)
        {
            return;
        }

        Assert.Equal(0, type.Size % type.Alignment);
        foreach (var field in type.Fields)
        {
            Assert.InRange(field.Offset, 0, type.Size);
            Assert.True(field.FirstByte + field.ByteLength <= type.Size || field.Type.Size == 0, field.ToString());
            Assert.True(field.Offset + field.Size <= type.Size);
            Assert.True(field.BitWidth is null || field.BitOffset + field.BitWidth <= field.Size * 8);
            Assert.Same(field, type.Fields.First(other => other.Name == field.Name));
        }
    }

    [Fact]
    public void AnyTextParsesOrIsAnInvalidDefinition() =>
        Prop.ForAll<NonNull<string>>(text => ParsesOrSaysWhy(text.Get))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void AnyTokensParseOrAreAnInvalidDefinition()
    {
        var tokens = Gen.Elements(Pieces).ArrayOf().ToArbitrary();
        Prop.ForAll(tokens, pieces => ParsesOrSaysWhy(string.Join(' ', pieces)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(60));
    }

    [Theory]
    [InlineData(11, 2_000)]
    [InlineData(12, 2_000)]
    public void MutatedDeclarationsParseOrAreAnInvalidDefinition(int seed, int count)
    {
        // Reproducible on purpose.
#pragma warning disable CA5394
        var random = new Random(seed);
        var good = new StructGenerator(seed).Make(12) + """
            #define ALIGN(x) __attribute__((aligned(x)))
            struct ALIGN(16) last { int n : 3, : 0; union { float f; char t[SMALL * 2]; }; void (*g)(int); unsigned char tail[]; };
            """;
        // A longer run, by hand: PST_FUZZ_FACTOR=20.
        count *= int.Parse(
            Environment.GetEnvironmentVariable("PST_FUZZ_FACTOR") ?? "1",
            System.Globalization.CultureInfo.InvariantCulture);
        for (var i = 0; i < count; i++)
        {
            var text = good.ToCharArray();
            var from = random.Next(text.Length);
            var to = Math.Min(text.Length, from + random.Next(200));
            var mutated = random.Next(6) switch
            {
                0 => good[..from],
                1 => good.Remove(from, to - from),
                2 => good.Insert(random.Next(good.Length), good[from..to]),
                3 => good.Insert(from, Pieces[random.Next(Pieces.Length)]),
                4 => good.Insert(from, ((char)random.Next(1, 0x180)).ToString()),
                _ => Swap(text, from, random.Next(text.Length)),
            };
            ParsesOrSaysWhy(mutated);
        }
#pragma warning restore CA5394
    }

    private static string Swap(char[] text, int a, int b)
    {
        (text[a], text[b]) = (text[b], text[a]);
        return new string(text);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void GeneratedTypesKeepTheRules(int seed)
    {
        var generator = new StructGenerator(seed);
        var text = generator.Make(150);
        foreach (var name in generator.Types)
        {
            var type = ShmType.Parse(text, name[(name.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            CheckInvariants(type);
        }
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    public void WhatIsWrittenIsReadAgain(int seed)
    {
#pragma warning disable CA5394
        var random = new Random(seed);
        var generator = new StructGenerator(seed);
        var text = generator.Make(120);
        foreach (var name in generator.Types.Where(name => name.StartsWith("struct", StringComparison.Ordinal)))
        {
            var type = ShmType.Parse(text, name[7..]);
            var reader = new ShmTypeReader(type);
            var writer = new ShmTypeWriter(type);
            foreach (var field in type.Fields)
            {
                if (field.Type.Size == 0)
                {
                    continue;
                }

                var before = new byte[type.Size];
                random.NextBytes(before);
                var source = new byte[type.Size];
                random.NextBytes(source);
                if (HasText(field.Type))
                {
                    source = Array.ConvertAll(source, value => (byte)(value & 0x7f));
                }

                var value = reader.ReadField(field, source.AsSpan((int)field.FirstByte));
                if (Shown(value).Contains('\ufffd', StringComparison.Ordinal))
                {
                    // Bytes that were no text cannot be had back from it.
                    Assert.Equal(
                        ShmErrorId.OutOfRange,
                        Assert.Throws<ShmException>(() => writer.EncodeField(field.Name, value)).ErrorId);
                    continue;
                }

                var after = (byte[])before.Clone();
                writer.EncodeField(field.Name, value).ApplyTo(after);
                if (!HasOverlap(field.Type))
                {
                    Assert.Equal(Shown(value), Shown(reader.ReadField(field, after.AsSpan((int)field.FirstByte))));
                }

                AssertOnlyTouched(field, before, after);
            }
        }
#pragma warning restore CA5394
    }

    // Bytes that are no text come back as replacement characters, which take other bytes.
    private static bool HasText(ShmType type) =>
        (type.Kind == ShmTypeKind.Array && type.ElementType!.Kind == ShmTypeKind.Character)
        || (type.ElementType is { } element && HasText(element)) || type.Fields.Any(field => HasText(field.Type));

    // One member of a union is written over another, and a bool of 2 comes back as 1.
    private static bool HasOverlap(ShmType type)
    {
        long end = 0;
        foreach (var field in type.InnermostElement.Fields)
        {
            var first = (field.Offset * 8) + (field.BitOffset ?? 0);
            if (first < end || HasOverlap(field.Type))
            {
                return true;
            }

            end = first + (field.BitWidth ?? (field.Type.Size * 8));
        }

        return false;
    }

    /// <summary>Bits that are not the field's own are as they were.</summary>
    private static void AssertOnlyTouched(ShmField field, byte[] before, byte[] after)
    {
        var first = (field.FirstByte * 8) + ((field.BitOffset ?? 0) & 7);
        var end = first + (field.BitWidth ?? (field.Type.Size * 8));
        for (var bit = 0; bit < before.Length * 8; bit++)
        {
            var changed = (((before[bit / 8] ^ after[bit / 8]) >> (bit & 7)) & 1) != 0;
            Assert.False(changed && (bit < first || bit >= end), $"{field} changed bit {bit}");
        }
    }

    private static string Shown(object? value) => value switch
    {
        ShmRecord record => "{" + string.Join(",", record.Select(pair => $"{pair.Key}={Shown(pair.Value)}")) + "}",
        string text => text,
        System.Collections.IEnumerable items => "[" + string.Join(",", items.Cast<object?>().Select(Shown)) + "]",
        double number => BitConverter.DoubleToInt64Bits(number).ToString("x", null),
        float number => BitConverter.SingleToInt32Bits(number).ToString("x", null),
        _ => $"{value}",
    };
}
