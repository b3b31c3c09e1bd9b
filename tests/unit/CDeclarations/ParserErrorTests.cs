using System.Linq;
using Xunit;
using Cpu = System.Runtime.InteropServices.Architecture;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>What is wrong with a declaration is said with its place and with what was expected.</summary>
public sealed class ParserErrorTests
{
    [Theory]
    [InlineData("", 1, 1, "expected a struct")]
    [InlineData("struct s {", 1, 11, "expected '}'")]
    [InlineData("struct s {\n  int a\n};", 3, 1, "expected ';'")]
    [InlineData("struct s { int a; }\nstruct t { int b; };", 2, 1, "expected ';' after the '}'")]
    [InlineData("struct s { int a; };}", 1, 21, "closes nothing")]
    [InlineData("struct s { int a; }};", 1, 20, "expected ';'")]
    [InlineData("struct { foo a; };", 1, 10, "unknown type name 'foo'")]
    [InlineData("struct s { unsigned float a; };", 1, 12, "isn't a type")]
    [InlineData("struct s { long long long a; };", 1, 12, "isn't a type")]
    [InlineData("struct s { int; };", 1, 17, "expected a name for the field")]
    [InlineData("struct s { void a; };", 1, 17, "not complete")]
    [InlineData("struct t; struct s { struct t a; };", 1, 31, "not complete")]
    [InlineData("struct s { struct s a; };", 1, 21, "within itself")]
    [InlineData("struct s { int a[]; int b; };", 1, 16, "last field")]
    [InlineData("struct s { int a[2][]; };", 1, 18, "first dimension")]
    [InlineData("struct s { int f(int); };", 1, 16, "is a function")]
    [InlineData("struct s { int a : 33; };", 1, 20, "width")]
    [InlineData("struct s { int a : 0; };", 1, 20, "no bits")]
    [InlineData("struct s { float a : 3; };", 1, 22, "integer type")]
    [InlineData("struct s { _Atomic int a : 3; };", 1, 28, "cannot be atomic")]
    [InlineData("struct s { int a[1 << 40]; };", 1, 20, "shift")]
    [InlineData("struct s { int a[1L << 40]; };", 1, 18, "2^40")]
    [InlineData("struct s { char a[1L << 40], b; };", 1, 30, "2^40")]
    [InlineData("struct s { int a[0x10000000000000000]; };", 1, 18, "64 bits")]
    [InlineData("struct s { int a[08]; };", 1, 18, "isn't an integer constant")]
    [InlineData("struct s { int a[1.5]; };", 1, 18, "isn't an integer constant")]
    [InlineData("struct s { int a['ab']; };", 1, 18, "one ASCII character")]
    [InlineData("struct s { int a[sizeof(struct t)]; };", 1, 24, "no size")]
    [InlineData("struct s { int a; }; struct s { int b; };", 1, 29, "defined twice")]
    [InlineData("struct e {}; struct s { [[no_unique_address]] e a; int b; };", 1, 27, "'no_unique_address'")]
    [InlineData("enum s { A }; struct s { int b; };", 1, 22, "another kind")]
    [InlineData("enum e { A, A };", 1, 13, "already")]
    [InlineData("enum e { A = 0xffffffffffffffff, B };", 1, 34, "64 bits")]
    [InlineData("typedef int t; typedef char t;", 1, 29, "another type")]
    [InlineData("struct s { int a __attribute__((aligned(3))); };", 1, 41, "power of two")]
    [InlineData("struct s { int a __attribute__((mode(SQ))); };", 1, 38, "not supported")]
    [InlineData("struct s { int &a; };", 1, 16, "reference")]
    [InlineData("struct s : base { int a; };", 1, 12, "base")]
    [InlineData("struct s { char a; int b; } PACKED;", 1, 29, "give its '#define'")]
    [InlineData("struct s { char a; int b; } __attribute_packed__ x;", 1, 29, "give its '#define'")]
    [InlineData("struct PACKED s { char a; int b; };", 1, 17, "give its '#define'")]
    [InlineData("struct s { virtual void f(); int a; };", 1, 12, "virtual")]
    [InlineData("template <class T> struct s { T a; };", 1, 1, "'s<int>'")]
    [InlineData("namespace n { struct s { int a; };", 1, 13, "never closed")]
    [InlineData("using t = nosuch;", 1, 11, "unknown type name 'nosuch'")]
    [InlineData("struct s { typeof(nosuch) a; };", 1, 19, "integer constant")]
    [InlineData("#define F(x) # y\nstruct s { char a[sizeof(F(1))]; };", 2, 26, "no parameter")]
    [InlineData("#pragma pack(3)\nstruct s { int a; };", 1, 14, "push, pop")]
    [InlineData("#if 1\nstruct s { int a; };", 1, 2, "#endif")]
    [InlineData("#endif", 1, 2, "without")]
    [InlineData("#else", 1, 2, "without")]
    [InlineData("#error stop here", 1, 2, "stop here")]
    [InlineData("#define F(a, b) a b\nstruct s { F(int) };", 2, 12, "expected 2 arguments")]
    [InlineData("#define A A2 A2\n#define A2 @\nA", 3, 1, "no meaning")]
    [InlineData("#nonsense", 1, 2, "unknown directive")]
    [InlineData("struct s { char a[sizeof(int) == 8]; int b['x };", 1, 44, "closing quote")]
    [InlineData("_Static_assert(sizeof(int) == 8, \"wide\");", 1, 1, "wide")]
    [InlineData("typedef int over __attribute__((aligned(16))); struct s { over a[2]; };", 1, 66,
        "alignment of 'over' (16)")]
    [InlineData("struct s { int a /* b; };", 1, 18, "'*/'")]
    public void SaysWhereAndWhy(string text, int line, int column, string words)
    {
        var error = Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(text));
        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.Equal(ShmErrorId.InvalidDefinition, error.ErrorId);
        Assert.Contains(words, error.Message);
        Assert.StartsWith($"Line {line}, column {column}: ", error.Message);
    }

    [Theory]
    [InlineData("struct s { int a[", "(", 200_000)]
    [InlineData("struct s { int a[", "-", 200_000)]
    [InlineData("struct s { int a[", "1?", 200_000)]
    [InlineData("struct s { int a[", "sizeof(int[", 100_000)]
    [InlineData("", "struct { ", 200_000)]
    [InlineData("struct s { int ", "(", 200_000)]
    [InlineData("struct s { int ", "*", 200_000)]
    [InlineData("struct s { int a", "[1]", 200_000)]
    [InlineData("struct s { ", "_Atomic(", 200_000)]
    [InlineData("struct s { ", "std::atomic<", 200_000)]
    [InlineData("", "extern \"C\" {", 200_000)]
    [InlineData("", "#if 1\n", 100_000)]
    [InlineData("struct s { int f(", "(", 200_000)]
    [InlineData("", "enum { A = (", 100_000)]
    [InlineData("struct s { int a __attribute__((aligned(", "_Alignof(", 100_000)]
    public void HostileNestingIsAnErrorAndNoOverflow(string start, string piece, int count) =>
        Assert.Throws<ShmDefinitionException>(() =>
            ShmType.Parse(start + string.Concat(Enumerable.Repeat(piece, count))));

    [Fact]
    public void TypesThatNestByNameAreBounded()
    {
        var chain = "struct s0 { int a; };"
            + string.Concat(Enumerable.Range(1, 5000).Select(i => $"struct s{i} {{ struct s{i - 1} a; }};"));
        Assert.Contains("deeper", Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(chain)).Message);
        var arrays = "typedef int t0[1];"
            + string.Concat(Enumerable.Range(1, 5000).Select(i => $"typedef t{i - 1} t{i}[1];"));
        Assert.Contains("deeper", Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(arrays)).Message);
        var macros = string.Concat(Enumerable.Range(0, 5000).Select(i => $"#define M{i} M{i + 1}\n")) + "M0";
        Assert.Contains("deeper", Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(macros)).Message);
        var arguments = "#define F(a) a\nstruct s { int x[" + string.Concat(Enumerable.Repeat("F(", 201)) + "1"
            + new string(')', 201) + "]; };";
        Assert.Contains("deeper", Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(arguments)).Message);
    }

    [Fact]
    public void MacrosThatMultiplyAreBounded()
    {
        var laughs = "#define L0 int a;\n"
            + string.Concat(Enumerable.Range(1, 60).Select(i => $"#define L{i} L{i - 1} L{i - 1}\n"))
            + "struct s { L60 };";
        Assert.Contains(
            "expand to too much", Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(laughs)).Message);
        var calls = "#define F(x) x x\n#define G(x) F(F(F(F(x))))\nstruct s { "
            + string.Concat(Enumerable.Repeat("G(", 30)) + "int" + new string(')', 30) + " };";
        Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(calls));
        var strings = "#define S(x) #x #x\n#define X(x) S(x)\nstruct s { char a[sizeof("
            + string.Concat(Enumerable.Repeat("X(", 60)) + "a" + new string(')', 60) + ")]; };";
        Assert.Contains(
            "expand to too much", Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(strings)).Message);
    }

    [Fact]
    public void AnonymousStructsThatMultiplyFieldsAreBounded()
    {
        // Each struct has the fields of the one within once more: 20 KB of text would take gigabytes.
        var fields = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"int f{i}; "));
        var text = string.Concat(Enumerable.Range(0, 100).Select(i => $"struct {{ char c{i}; ")) + fields
            + string.Concat(Enumerable.Repeat("};", 100));
        Assert.Contains(
            "those of anonymous structs",
            Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(text)).Message);
    }

    [Fact]
    public void ValuesOfMoreThanAnyPartsAreRefusedWhenRead()
    {
        // 2^39 structs of no size.
        var type = ShmType.Parse("struct e {}; struct s { struct e a[1L << 39]; };");
        Assert.Equal(0, type.Size);
        Assert.Equal(
            ShmErrorId.OutOfRange,
            Assert.Throws<ShmException>(() => new ShmTypeReader(type).Read(new byte[8])).ErrorId);
    }

    [Fact]
    public void TenThousandFieldsAreFast()
    {
        var text = "struct big { " + string.Concat(Enumerable.Range(0, 10_000).Select(i => $"int f{i}; ")) + "};";
        ShmType.Parse(text);
        var clock = FairClock.StartNew();
        var type = ShmType.Parse(text);
        Assert.True(clock.Elapsed.TotalSeconds < 2, $"{clock.Elapsed}");
        Assert.Equal(10_000, type.Fields.Count);
        Assert.Equal(39_996, type.GetField("f9999").Offset);
    }

    [Fact]
    public void TheOtherArchitectureDiffersWhereItsRulesDo()
    {
        ShmType Amd64(string text) => ShmType.Parse(text, null, Cpu.X64);
        ShmType Arm64(string text) => ShmType.Parse(text, null, Cpu.Arm64);
        Assert.True(Amd64("typedef char c;").IsSigned);
        Assert.False(Arm64("typedef char c;").IsSigned);
        Assert.Equal(40, Amd64("struct s { pthread_mutex_t m; };").Size);
        Assert.Equal(48, Arm64("struct s { pthread_mutex_t m; };").Size);

        // AAPCS64 lets an unnamed bit-field align its struct.
        Assert.Equal(5, Amd64("struct s { char a; int : 0; char b; };").Size);
        Assert.Equal(8, Arm64("struct s { char a; int : 0; char b; };").Size);
        Assert.Equal(16, Arm64("struct s { long double l; };").Alignment);
        Assert.Equal(1, Arm64("#ifdef __aarch64__\nstruct s { char c; };\n#else\nstruct s { int i; };\n#endif").Size);
        Assert.Equal(
            ShmErrorId.PlatformNotSupported,
            Assert.Throws<ShmException>(() => ShmType.Parse("struct s { int a; };", null, Cpu.X86)).ErrorId);
    }

    [Theory]
    [InlineData("typedef float v4 __attribute__((ext_vector_type(4)));\nstruct s { char c; v4 v; };", 1, "'ext_vector_type'")]
    [InlineData("PRE_PACKED\nstruct s { char c; int v; } POST_PACKED;", 2, "PRE_PACKED")]
    [InlineData("typedef struct s s_t;\nPRE_PACKED struct s { char c; };", 2, "PRE_PACKED")]
    public void What_needs_a_failed_declaration_says_why_that_failed(string text, int line, string reason)
    {
        var error = Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(text, "s"));
        Assert.Contains(reason, error.Message);
        Assert.InRange(error.Line, 1, line);
    }
}
