using System.Linq;
using Xunit;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>
/// Texts as people have them: what isn't C says what to write, and nothing is laid out silently wrong.
/// </summary>
public sealed class PastedTextTests
{
    [Theory]
    [InlineData("struct a { int x; }", 4)]
    [InlineData("struct timespec", 16)]
    [InlineData("uint32_t[4]", 16)]
    [InlineData("std::atomic<int>", 4)]
    [InlineData("char *", 8)]
    [InlineData("struct a { foo_t *p; const bar_t **q; foo_t *r[4]; ret_t (*call)(int); };", 56)]
    [InlineData("struct a { _Atomic struct b *r; };", 8)]
    [InlineData("struct a { int x;\u200b int \u0928\u093e\u092e; };", 8)]
    [InlineData("__pragma(pack(push, 1))\nstruct a { char c; int i; };\n__pragma(pack(pop))", 5)]
    [InlineData("#pragma pack(show)\nstruct a { char c; int i; };", 8)]
    [InlineData("const unsigned N{5}; struct a { int x[N]; };", 20)]
    [InlineData("union a { int n; char data[]; };", 4)]
    [InlineData("typedef unsigned t __attribute__((mode(DI))); struct a { t x; };", 8)]
    [InlineData("typedef float v4 __attribute__((vector_size(16))); struct a { char c; v4 v, m[4]; };", 96)]
    [InlineData("#pragma pack(1)\nstruct a { char c; __m128i v; };", 17)]
    [InlineData("struct a { char x[(__typeof__(((24) + ((__typeof__(24))(8) - 1))))(16 & ~3)]; };", 16)]
    [InlineData("__declspec(align(16)) struct a { char c; };", 16)]
    [InlineData("typedef struct { char c; } a __attribute__((aligned(16)));", 1)]
    [InlineData("struct a { TAILQ_ENTRY(a) link; SLIST_HEAD(, a) head; STAILQ_HEAD(sh, a) sh; int x; };", 48)]
    [InlineData("struct a { fpos_t p; FILE *f; nullptr_t n; _Decimal64 d; decltype(1) i; };", 48)]
    [InlineData("#include <pshpack1.h>\nstruct a { char c; int i; };\n#include <poppack.h>", 5)]
    [InlineData(
        "#include \"PshPack2.h\"\nstruct b { char c; int i; };\n#include \"PopPack.h\"\n"
            + "struct a { char c; struct b b; int i; };", 12)]
    [InlineData(
        "#include <windows.h>\nstruct a { DWORD size;\n#if (_WIN32_WINNT >= 0x0601)\nDWORD more;\n#endif\n"
            + "};", 8)]
    [InlineData(
        "#define _WIN64 1\n#define wchar_t char16_t\ntypedef wchar_t WCHAR; struct a { WCHAR name[4];\n"
            + "#ifdef _WIN64\nDWORD pad;\n#endif\n};", 12)]
    [InlineData("struct b { int x; }; struct a { struct b; struct c; int y; };", 4)]
    [InlineData("#include <bits/epoll.h>\n#ifndef __EPOLL_PACKED\n#define __EPOLL_PACKED\n#endif\n"
        + "struct a { uint32_t events; epoll_data_t data; } __EPOLL_PACKED;", 12)]
    public void IsLaidOut(string text, long size) => Assert.Equal(size, ShmType.Parse(text).Size);

    [Fact]
    public void TheTypedefThatIsAlignedIsTheType() => Assert.Equal(
        16, ShmType.Parse("typedef struct { char c; } a __attribute__((aligned(16)));").Alignment);

    [Theory]
    [InlineData("#[repr(C)]\npub struct A { pub x: u32, pub y: [u8; 4] }", "looks like Rust")]
    [InlineData("struct A { x: u32, y: u64 }", "looks like Rust")]
    [InlineData("package main\n\ntype A struct {\n\tX uint32\n}", "looks like Go")]
    [InlineData("class A(ctypes.Structure):\n    _fields_ = [('x', c_int)]", "looks like Python")]
    [InlineData("@dataclass\nclass A:\n    x: int", "looks like Python")]
    [InlineData("[StructLayout(LayoutKind.Sequential)]\npublic struct A { public int X; }", "looks like C#")]
    [InlineData("<IIQ8s", "format of Python's struct module")]
    [InlineData("struct.unpack('<IIQ8s', buf)", "format of Python's struct module")]
    [InlineData("struct a { int x\uff1b int y; };", "expected ';'")]
    [InlineData("struct a { char x[SLOTS]; };", "'#define'")]
    [InlineData("struct a { std::string s; };", "array of fixed size")]
    [InlineData("struct a { std::span<int> s; };", "points into its own process's memory")]
    [InlineData("struct a { _BitInt(24) b; };", "bit-field")]
    [InlineData("typedef struct { int x; } b; struct a { b; int y; };", "Give it a name")]
    public void SaysWhatToWrite(string text, string words) =>
        Assert.Contains(words, Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(text)).Message);

    [Theory]
    [InlineData("struct a { unsigned BITS(12) b; int x; };")]
    [InlineData("struct a { uint8_t RESERVED(4); std::atomic<int> x; };")]
    [InlineData("struct a { unsigned FIELD(name) b; std::atomic<int> x; };")]
    [InlineData("struct a { foo_t *p, v; };")]
    [InlineData("#pragma scalar_storage_order big-endian\nstruct a { int i; };")]
    [InlineData("#pragma options align=packed\nstruct a { char c; int i; };")]
    [InlineData("#define PACK 1\n#pragma pack(PACK)\nstruct a { char c; int i; };")]
    [InlineData("struct e {}; struct a { e v; int x; };")]
    [InlineData("#pragma ms_struct on\nstruct a { char c : 3; int i : 4; };")]
    [InlineData("struct a { struct in { int x; } i __attribute__((vector_size(16))); };")]
    public void IsRefusedRatherThanLaidOutWrong(string text) =>
        Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(text));

    [Theory]
    [InlineData("struct a { char c; int i; } MY_PACKED;\nstruct b { int x; };", "a")]
    [InlineData("struct a { char c; int i; } MY_PACKED;\nstruct b { struct a x; };", "b")]
    [InlineData("struct a { boolean x; };", "a")]
    [InlineData("#include <X11/Xmd.h>\nstruct a { BOOL x; };", "a")]
    public void IsRefusedByNameAsWell(string text, string name) =>
        Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(text, name));

    [Fact]
    public void A_struct_whose_packing_is_unknown_is_not_listed() => Assert.Equal(
        ["b"],
        ShmType.TypesIn("struct a { char c; int i; } MY_PACKED; struct b { int x; };").Select(type => type.Name));

    [Fact]
    public void A_typedef_of_what_is_only_declared_is_not_listed() => Assert.Equal(
        ["b"], ShmType.TypesIn("typedef struct hidden hidden; struct b { hidden *x; };").Select(type => type.Name));
}
