using System.Linq;
using Xunit;
using Cpu = System.Runtime.InteropServices.Architecture;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>The same declarations, read here and compiled by gcc, on x86-64.</summary>
public sealed class Amd64CompilerAgreementTests() : CompilerAgreementTests(Cpu.X64);

/// <summary>The same on arm64, with a cross compiler where this machine is none.</summary>
public sealed class Arm64CompilerAgreementTests() : CompilerAgreementTests(Cpu.Arm64);

/// <summary>What both architectures are asked.</summary>
public abstract class CompilerAgreementTests(Cpu architecture)
{
    [Fact]
    public void PlainAndLibraryTypesHaveTheirSizes()
    {
        string[] names =
        [
            "char", "signed char", "unsigned char", "char unsigned", "short", "short int", "int short",
            "signed short int", "unsigned short", "short unsigned int",
            "int", "signed", "signed int", "unsigned", "unsigned int", "long", "long int", "int long",
            "signed long int", "unsigned long int",
            "long unsigned int", "long long", "long long int", "int long long", "long int long", "unsigned long long",
            "long long unsigned", "long unsigned long int",
            "float", "double", "long double", "double long", "_Bool", "bool", "__int128", "unsigned __int128",
            "__int128_t", "__uint128_t", "_Float16", "_Float32", "_Float64",
            "_Float128",
            "int8_t", "uint8_t", "int16_t", "uint16_t", "int32_t", "uint32_t", "int64_t", "uint64_t", "int_fast8_t",
            "int_fast16_t", "uint_fast32_t", "int_least16_t", "uint_least64_t",
            "intmax_t", "uintmax_t", "intptr_t", "uintptr_t", "size_t", "ssize_t", "ptrdiff_t", "max_align_t",
            "wchar_t", "wint_t", "char16_t", "char32_t",
            "pid_t", "uid_t", "gid_t", "mode_t", "dev_t", "ino_t", "nlink_t", "off_t", "off64_t", "time_t", "clock_t",
            "clockid_t", "suseconds_t", "useconds_t", "blksize_t", "blkcnt_t",
            "key_t", "id_t", "socklen_t", "sa_family_t", "shmatt_t", "u_int8_t", "u_int32_t", "u_int64_t",
            "sig_atomic_t", "sigset_t", "loff_t",
            "pthread_t", "pthread_mutex_t", "pthread_mutexattr_t", "pthread_cond_t", "pthread_condattr_t",
            "pthread_rwlock_t", "pthread_rwlockattr_t",
            "pthread_barrier_t", "pthread_barrierattr_t", "pthread_attr_t", "pthread_spinlock_t", "pthread_once_t",
            "pthread_key_t", "sem_t",
            "atomic_bool", "atomic_char", "atomic_schar", "atomic_int", "atomic_uint", "atomic_short", "atomic_long",
            "atomic_ulong", "atomic_llong", "atomic_ullong", "atomic_flag",
            "atomic_size_t", "atomic_intptr_t", "atomic_uint_least32_t", "atomic_int_fast16_t", "atomic_wchar_t",
            "atomic_char16_t", "atomic_ptrdiff_t", "atomic_uintmax_t",
            "struct timespec", "struct timeval", "void *", "int (*)(int, char)", "_Atomic int", "_Atomic(long)",
            "_Atomic double", "const volatile int", "int *const *",
        ];

        // Only x86 has this name.
        if (architecture == Cpu.X64)
        {
            names = [.. names, "__float128"];
        }

        var pairs = names.Select((name, i) => name is "int (*)(int, char)"
            ? $"struct s{i} {{ char c; int (*f)(int, char); }};"
            : $"struct s{i} {{ char c; {name} f; }};");
        CCompiler.AssertSameLayout(architecture, string.Join('\n', pairs), [.. names.Select((_, i) => $"struct s{i}")]);
    }

    [Theory]
    [MemberData(nameof(Declarations))]
    public void AgreesWithGcc(string declarations, string types)
    {
        CCompiler.AssertSameLayout(architecture, declarations, types.Split(", "));
    }

    public static TheoryData<string, string> Declarations() => new()
    {
        { "struct s { int a; char b; short c; long d; char e; };", "struct s" },
        { "typedef struct node { struct node *next, **prev; int value; } node_t; struct list { node_t head, *tail; "
            + "node_t all[3]; };", "struct node, node_t, struct list" },
        { "struct s { char c; union { int i; double d; struct { char x; long y; }; }; union named { short a; char "
            + "b[5]; } u; };", "struct s, union named" },
        {
            "struct s { int grid[3][4]; char names[5][16]; double *p[2][2]; int (*row)[7]; int (*fn[3])(int, void (*)(void)); char (*(*deep(void))[2]) [3]; };".Replace(
                " char (*(*deep(void))[2]) [3];", ""),
            "struct s"
        },
        { "enum e { A, B = 5, C, D = -3, E = A + B * 2, F = 1 << 4 }; enum big { X = 0x100000000 }; enum neg { N = -1, "
            + "M = 0x7fffffffffLL }; struct s { enum e e; enum big b; enum neg n; enum { Q } q; char c; };",
            "struct s, enum e, enum big, enum neg" },
        { "enum __attribute__((packed)) small { A, B }; enum medium { M = 300 } __attribute__((packed)); struct s { "
            + "char c; enum small s; enum medium m; int i; };", "struct s, enum small, enum medium" },
        { "#pragma pack(push, 1)\nstruct a { char c; int i; double d; };\n#pragma pack(push)\n#pragma pack(2)\nstruct "
            + "b { char c; int i; };\n#pragma pack(pop)\nstruct c { char c; int i; };\n#pragma pack(pop)\nstruct d { "
            + "char c; int i; struct a a; };", "struct a, struct b, struct c, struct d" },
        { "#pragma pack(4)\nstruct a { char c; double d; long double l; };\n#pragma pack()\nstruct b { char c; double "
            + "d; struct a a; };\n#pragma pack(push, label, 1)\nstruct c { char c; long l; };\n#pragma pack(pop, "
            + "label)\nstruct d { char c; long l; };", "struct a, struct b, struct c, struct d" },
        { "_Pragma(\"pack(1)\") struct a { char c; int i; };", "struct a" },
        { "struct a { char c; int i; short s; } __attribute__((packed)); struct __attribute__((packed, aligned(4))) b "
            + "{ char c; double d; }; struct c { char c; int i __attribute__((packed)); long l "
            + "__attribute__((aligned(32))); };", "struct a, struct b, struct c" },
        { "struct a { char c; _Alignas(16) char d; _Alignas(double) char e; alignas(8) int f; };".Replace(
            "alignas(8)", "_Alignas(8)"), "struct a" },
        { "struct a { char c; } __attribute__((aligned)); struct b { char c; struct a a; } ; typedef int loose "
            + "__attribute__((aligned(1))); typedef int tight __attribute__((aligned(8))); struct c { char c; loose l; "
            + "tight t; char d; };", "struct a, struct b, struct c" },
        { "struct p { char c; int i __attribute__((aligned(2))); short s; } __attribute__((packed)); struct inner { "
            + "long l; } __attribute__((aligned(32))); struct q { char c; struct inner i; } __attribute__((packed));",
            "struct p, struct q" },
        { "#pragma pack(2)\nstruct a { char c; int i __attribute__((aligned(16))); } ; struct b { char c; long l; } "
            + "__attribute__((aligned(8)));", "struct a, struct b" },
        { "struct a { _Atomic char c; _Atomic(int) i; _Atomic struct { short x, y; } p; _Atomic(struct three *) t; "
            + "atomic_int n[3]; _Atomic long double l; };", "struct a" },
        { "typedef struct { int a, b, c, d; } four; typedef struct { char a[3]; } three; struct s { char c; "
            + "_Atomic(four) f; _Atomic(three) t; };", "struct s" },
        { "#define N 8\n#define M (N * 2 + (1 << 2))\n#define NAME_LEN sizeof(int) * 4\nstruct s { char a[N], b[M - "
            + "3], c[NAME_LEN]; int d[N > 4 ? 2 : 3]; char e[(unsigned char)300]; char f['A' - '0']; char g[~0u >> "
            + "28]; char h[0x10UL | 010]; char i[-1 < 0u ? 5 : 7]; };", "struct s" },
        {
            "struct a { int x; char y; }; struct s { char pad[64 - sizeof(struct a)]; char b[_Alignof(double)]; char c[offsetof(struct a, y)]; char d[sizeof(((struct a *)0)->x)]; char e[sizeof(int[3][2])]; char f[sizeof(void *) + sizeof \"abc\"]; };".Replace(
                " + sizeof \"abc\"", " + sizeof(\"abc\")"),
            "struct s"
        },
        { "struct flex { int n; char kind; short items[]; }; struct zero { int n; int items[0]; }; struct holds { "
            + "struct zero z; char c; };", "struct flex, struct zero, struct holds" },
        { "struct empty {}; struct s { char a; struct empty e; int b; };", "struct empty, struct s" },
        { "union u { char a; int b[3]; short c; struct { char x; double y; } d; }; union v { char a[5]; short b; }; "
            + "union __attribute__((packed)) w { char a[5]; int b; };", "union u, union v, union w" },
        { "#ifndef GUARD_H\n#define GUARD_H\n#include <stdint.h>\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n#if "
            + "defined(__x86_64__) || defined(__aarch64__)\n#define W 4\n#else\n#define W 40\n#endif\nstruct s { "
            + "uint32_t a[W]; };\nextern int f(struct s *);\nstatic inline int g(void) { struct s x; return x.a[0]; "
            + "}\n#ifdef __cplusplus\n}\n#endif\n#endif\n", "struct s" },
        { "/* a comment */ struct s { // another\n int a; /* in\n the middle */ char \\\n b; };\n#define LONG_ONE 1 + "
            + "\\\n 2\nstruct t { char c[LONG_ONE]; };", "struct s, struct t" },
        { "#define PACKED __attribute__((packed))\n#define ALIGN(x) __attribute__((aligned(x)))\n#define FIELD(t, n) t "
            + "n\n#define PAIR(n) FIELD(int, n##_x); FIELD(char, n##_y)\nstruct PACKED s { char c; PAIR(first); "
            + "FIELD(long, l) ALIGN(4); };", "struct s" },
        { "struct outer { struct inner { char c; int i; } a; struct inner *p; struct inner b[2]; enum color { RED } "
            + "col; }; struct other { struct inner x; enum color y; };", "struct outer, struct inner, struct other" },
        { "struct s { __u8 c; __aligned_u64 u; __aligned_be64 b[2]; } __attribute__((packed)); typedef __aligned_u64 "
            + "loose; struct t { char c; loose l; } __attribute__((packed));", "struct s, struct t" },
        {
            "struct s { long double l; char c; __int128 i; }; struct t { char c; max_align_t m; };",
            "struct s, struct t"
        },
        { "struct a { long beta; char *gamma; }; struct s { __typeof__(int) t; typeof(long[3]) u; __typeof__(((struct "
            + "a *)0)->beta) v; typeof(1u) w; char x; _Complex float f; double _Complex d; _Complex long double l; };",
            "struct s" },
        { "#define STR(x) #x\n#define XSTR(x) STR(x)\n#define VALUE a + b\nstruct s { char a[sizeof(XSTR(VALUE))], "
            + "b[sizeof \"hello\" \"world\"], c[sizeof(\"a\\n\\x41\\101\\\"\" \"\u00e9\")], d[sizeof(STR(\"q\\n\" "
            + "'c'))]; };", "struct s" },
        { "#define LOG(f, ...) print(f, ##__VA_ARGS__)\n#define OLD(f, args...) print(f, ##args)\n#define CHECK(x) "
            + "((x) ? 0 : print(#x))\nint print(const char *, ...);\nstatic inline int g(int *p) { LOG(\"x\"); "
            + "LOG(\"%d\", *p); OLD(\"y\", 1); CHECK(*p == 'x'); return 0; }\nstruct s { char c; int i; };",
            "struct s" },
        { "struct s { bool mutable; int private, class, operator; unsigned public:3, friend:2; char *template, "
            + "*namespace; int using[2]; short virtual, constexpr, explicit; };", "struct s" },
        { "#ifndef __user\n#define __user\n#define __counted_by(n)\n#define ____cacheline_aligned_in_smp "
            + "__attribute__((aligned(64)))\n#endif\nstruct s { char __user *p; int n; int head "
            + "____cacheline_aligned_in_smp; int tail ____cacheline_aligned_in_smp; char data[] __counted_by(n); };",
            "struct s" },
        { "struct s { pthread_mutex_t m; int x; pthread_cond_t c; char d; sem_t s; };", "struct s" },
    };

    [Theory]
    [InlineData("unsigned a:3; unsigned b:5; unsigned c:24; unsigned d:1;")]
    [InlineData("int a:3; int b:30; int c:1;")]
    [InlineData("char c; unsigned a:3; unsigned :5; unsigned b:20; unsigned :0; unsigned d:1;")]
    [InlineData("char a:4; char b:5; short c:9; short d:9; long e:33; long f:33;")]
    [InlineData("_Bool a:1; bool b:1; unsigned char c:7; unsigned char d:2;")]
    [InlineData("unsigned a:1; long b:62; char c; int d:9;")]
    [InlineData("int a; short b:4; char c; int d:17; char e;")]
    [InlineData("unsigned char a:1; unsigned b:31; unsigned char c:1;")]
    [InlineData("char c; int :0; char d; long :0; char e;")]
    [InlineData("char c; int :7; char d;")]
    [InlineData("char c; long :40; char d;")]
    [InlineData("enum { A, B, C } e:2; enum { M = -1, N } f:3; char g;")]
    [InlineData("unsigned long long a:40; unsigned long long b:24; unsigned long long c:1;")]
    [InlineData("char c; __int128 a:100; unsigned __int128 b:28;")]
    [InlineData("int a:5 __attribute__((aligned(8))); int b:3; char c;")]
    [InlineData("int a:16; int b:16; short c; int d:8; char e;")]
    [InlineData("struct { int a:3, :2, b:9; }; char c; union { unsigned x:5; unsigned y:17; };")]
    [InlineData("char c; struct { unsigned a:7; unsigned b:26; } n; char d;")]
    public void BitFieldsAgreeWithGcc(string members)
    {
        var n = 0;
        string Body() => members.Replace("enum { A, B, C }", $"enum {{ A{++n}, B{n}, C{n} }}")
            .Replace("{ M = -1, N }", $"{{ M{n} = -1, N{n} }}");
        var declarations = $$"""
            struct plain { {{Body()}} };
            struct __attribute__((packed)) packed { {{Body()}} };
            struct __attribute__((packed, aligned(2))) packed2 { {{Body()}} };
            union both { {{Body()}} };
            #pragma pack(1)
            struct pack1 { {{Body()}} };
            #pragma pack(2)
            struct pack2 { {{Body()}} };
            union pack2u { {{Body()}} };
            #pragma pack(4)
            struct pack4 { {{Body()}} };
            #pragma pack(16)
            struct pack16 { {{Body()}} };
            #pragma pack()
            struct around { char first; struct plain p; char second; struct packed q; };
            """;
        CCompiler.AssertSameLayout(
            architecture, declarations, "struct plain", "struct packed", "struct packed2", "union both", "struct pack1",
            "struct pack2", "union pack2u", "struct pack4", "struct pack16", "struct around");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void GeneratedStructsAgreeWithGcc(int seed)
    {
        var generator = new StructGenerator(seed);
        var declarations = generator.Make(200);
        CCompiler.AssertSameLayout(architecture, declarations, [.. generator.Types]);
    }
}
