using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>
/// Classes of C++ that derive from others, and templates of the library: sizes and offsets are those of g++.
/// </summary>
public sealed class BaseClassTests
{
    public static TheoryData<string> Declarations() =>
    [
        "struct a { int x; char y; }; struct t : a { char z; };",
        "struct a { int x; char y; }; struct t : public a { char z; short w; };",
        "class a { int x; char y; }; class t : public a { char z; };",
        "class a { public: a() {} int x; char y; }; struct t : a { char z; };",
        "struct a { a() = default; int x; int y; }; struct t : a { char z; };",
        "struct a { a() = default; a(int); int x; char y; }; struct t : a { char z; };",
        "struct a { std::atomic<int> x; char y; }; struct t : a { char z; };",
        "struct a { std::atomic_int x[2]; char y; }; struct t : a { char z; };",
        "struct a { std::mutex x; char y; }; struct t : a { char z; };",
        "struct a { std::bitset<70> x[2]; char y; }; struct t : a { char z; };",
        "struct a { std::complex<float> x; char y; }; struct t : a { char z; };",
        "struct a { std::chrono::seconds x; char y; }; struct t : a { char z; };",
        "struct a { std::array<int, 2> x; char y; }; struct t : a { char z; };",
        "struct e {}; struct a : e { char x; }; struct b : e { int y; }; struct t : a, b { char z; };",
        "struct a { int x; char y; ~a() {} }; struct t : a { char z; };",
        "struct a { int x; char y; a(int); }; struct t : a { char z; };",
        "struct a { int x = 1; char y; }; struct t : a { char z; };",
        "struct a { int x; char y; }; struct b : a { char z; }; struct t : b { char w; };",
        "struct a { int x; char y; }; struct b : a { char z; }; struct c { b m; char n; }; struct t : c { char w; };",
        "struct e {}; struct t : e { int x; };",
        "struct e {}; struct f {}; struct t : e, f { char x; };",
        "struct e {}; struct t : e {}; struct u { t m; int x; };",
        "struct e {}; struct a { int x; }; struct t : a, e { char z; };",
        "struct a { char x; }; struct b { double y; }; struct t : a, private b { char z; };",
        "struct a { int x; short s; int b : 3; }; struct t : a { char z; };",
        "class a { int x; short s; int b : 3; }; struct t : a { char z; };",
        "struct alignas(16) a { int x; }; struct t : a { int z; };",
        "class alignas(16) a { int x; }; struct t : a { int z; };",
        "struct a { std::array<a2, 2> m; char n; }; struct t : a { char z; };",
        "struct t { std::pair<char, int> p; char z; std::pair<int, char> q; char w; };",
        "struct a { std::pair<int, char> p; }; struct t : a { char z; };",
        "struct t : std::pair<int, char> { char z; };",
        "struct t { char c; std::bitset<1> a; std::bitset<64> b; std::bitset<65> d; char e; };",
        "struct t { char c; alignas(std::hardware_destructive_interference_size) int a; };",
        "struct a { protected: int x; char y; public: char v; }; struct t : a { char z; };",
        "template <class T, int N> struct b { T v[N]; }; template <class T> struct b<T, 0> { char none; };"
            + "template <int N> struct b<char, N> { long text[N]; }; template <> struct b<bool, 9> { char bits[2]; };"
            + "struct t { b<int, 3> w; b<int, 0> x; b<char, 2> y; b<bool, 9> z; b<bool, 8> last; };",
        "template <class T> struct b { T v; }; template <> struct b<int> { char c[3]; }; using my = int;"
            + "template <> struct b<long long> { char c[7]; }; template <> struct b<const char> { char c[9]; };"
            + "struct t { b<my> v; b<long> w; b<long long> x; b<char> y; b<const char> z; b<unsigned> last; };",
        "template <class T> struct b { T v; }; template <class T, int N> struct b<T[N]> { T x[N]; int n; };"
            + "template <class T> struct b<T *> { long off; T *p; }; template <class T> struct b<b<T>> { char c[9]; };"
            + "struct t { b<short> w; b<short[3]> x; b<int *> y; b<int (*)(int)> z; };",
        "template <class T, class U> struct p { T k; U v; }; template <class T> struct p<T, T> { T both; };"
            + "enum class color : short { red, green }; template <color C> struct q { int v; };"
            + "template <> struct q<color::green> { char c; }; namespace m { template <class T> struct r { T x; };"
            + "template <> struct r<double> { float x; }; }"
            + "struct t { p<int, int> v; p<int, char> w; q<color::red> x; q<color::green> y; m::r<double> z; };",
        "template <bool B> struct pick; template <> struct pick<true> { using type = int; };"
            + "template <> struct pick<false> { using type = char; };"
            + "template <int N> struct s { typename pick<(N > 4)>::type v; };"
            + "template <unsigned N> struct f { static constexpr unsigned v = N * f<N - 1>::v; };"
            + "template <> struct f<0> { static constexpr unsigned v = 1; };"
            + "template <class T> struct h { static constexpr unsigned n = sizeof(T) < 4 ? 4 : sizeof(T); };"
            + "template <class T> struct alignas(h<T>::n) g { T x; }; template <class T, int N = 4> struct d;"
            + "template <class T, int N> struct d { struct node { T x[N]; }; node head; };"
            + "struct t { s<7> u; s<2> v; char w[f<4>::v]; g<char> x; char y[(h<double>::n)]; d<int>::node z; };",
        "enum class ch : std::size_t { l, r, count }; constexpr auto slots = 3; struct t {"
            + "static_assert(std::is_trivially_copyable_v<ch>, \"x\"); static constexpr auto twice = [](int x) {"
            + "return x * 2; }; float gain[static_cast<std::size_t>(ch::count)]; short n[std::size_t(ch::r) + 1];"
            + "char c[slots]; std::array<int, (int)ch::count> a; static constexpr auto big = 1ul << 3; char d[big]; };",
        "union u { int i; char c[5]; }; class a { u m; char n; }; struct t : a { char z; };",
    ];

    [Theory]
    [MemberData(nameof(Declarations))]
    public void AgreesWithGxx(string declarations)
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Any(static folder => File.Exists(Path.Combine(folder, "g++"))))
        {
            Assert.Skip("g++ is not on this machine.");
        }

        declarations = "struct a2 { int x; private: char y; };\n" + declarations;
        var program = new StringBuilder("#include <cstddef>\n#include <new>\n");
        foreach (var header in (string[])["array", "atomic", "bitset", "chrono", "complex", "is_", "mutex", "pair"])
        {
            // Reading one takes g++ longer than all else here.
            if (declarations.Contains($"std::{header}", StringComparison.Ordinal))
            {
                var file = header switch { "pair" => "utility", "is_" => "type_traits", _ => header };
                program.Append(CultureInfo.InvariantCulture, $"#include <{file}>\n");
            }
        }

        program.Append(declarations).Append('\n');
        foreach (var name in (string[])[
            "t", .. declarations.Contains("struct u ", StringComparison.Ordinal) ? new[] { "u" } : []
        ])
        {
            var type = ShmType.Parse("namespace n {}\n" + declarations, name);
            program.Append(
                CultureInfo.InvariantCulture, $"static_assert(sizeof({name}) == {type.Size}, \"size {type.Size}\");\n");
            program.Append(
                CultureInfo.InvariantCulture,
                $"static_assert(alignof({name}) == {type.Alignment}, \"alignment {type.Alignment}\");\n");
            foreach (var field in type.Fields.Where(static field => field.BitWidth is null))
            {
                program.Append(
                    CultureInfo.InvariantCulture,
                    $"static_assert(offsetof({name}, {field.Name}) == {field.Offset}, \"{field.Name} at "
                        + $"{field.Offset}\");\n");
            }
        }

        using var process = Process.Start(new ProcessStartInfo(
            "g++", "-std=c++17 -w -fno-access-control -fsyntax-only -x c++ -")
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Write(program);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }

    [Theory]
    [InlineData("struct a { int x; }; struct t : virtual a { int y; };", "virtual base")]
    [InlineData("struct a { virtual void f(); int x; };", "virtual functions")]
    [InlineData("struct e {}; struct t : e { e m; int x; };", "empty class")]
    [InlineData("struct e {}; struct u : e { int x; }; struct t : e { u m; };", "empty class")]
    [InlineData("struct e {}; struct u : e {}; struct t : e, u { char x; };", "one empty class")]
    [InlineData("struct e {}; struct u : e { int x; }; struct t : e, u { char y; };", "one empty class")]
    [InlineData("struct a { a() = default; int x; char y; }; struct t : a { char z; };", "disagree")]
    [InlineData(
        "struct a { a(const a&) = delete; int x; char y; }; struct b { a m; char n; }; struct t : b { char z; };",
        "disagree")]
    [InlineData("struct a { a &operator=(const a &); int x; char y; }; struct t : a { char z; };", "disagree")]
    [InlineData("struct a { template <class T> a(T); int x; char y; }; struct t : a { char z; };", "disagree")]
    [InlineData("struct t { char c[sizeof(L\"ab\")]; };", "wide text")]
    [InlineData("template <class T> struct a { a() = default; T x; char y; }; struct t : a<int> { char z; };",
        "disagree")]
    [InlineData("struct t : std::array<int, 0> { int x; };", "std::array")]
    [InlineData("struct t { std::array<int, 0> x; int y; };", "std::array")]
    [InlineData("struct t { std::shared_mutex m; };", "std::shared_mutex")]
    [InlineData("struct t { std::string s; };", "std::string")]
    [InlineData("template <class T> struct t { T x; };", "template")]
    [InlineData("struct t { static_assert(sizeof(int) == 8, \"wide\"); int x; };", "wide")]
    [InlineData("template <int N> struct s { std::conditional_t<(N > 4), int, char> v; }; struct t { s<7> x; };",
        "field 'v' of 's'")]
    public void RefusesTheRestByMember(string text, string words) =>
        Assert.Contains(
            words, Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("struct a { virtual void f(); int x; }; struct t : a { int y; };", "virtual functions")]
    [InlineData("struct t : std::string { int y; };", "std::string")]
    [InlineData("enum e { A } __attribute__((mode(QI))); struct t { enum e x; };", "machine mode")]
    [InlineData("enum e { A } __attribute__((aligned(2))); struct t { enum e x; };", "aligned enumeration")]
    public void SaysWhyAlsoWhereTheTypeIsNamed(string text, string words) => Assert.Contains(
        words, Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(text, "t")).Message,
        StringComparison.Ordinal);
}
