using System.Linq;
using Xunit;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>
/// Templates, and names that several namespaces or classes of C++ declare: sizes and offsets are those of g++ on
/// x86-64.
/// </summary>
public sealed class CxxScopeTests
{
    [Theory]
    [InlineData("template <typename T, int N> struct ring { T items[N]; int head; };"
        + "struct a { ring<int, 4> r; };", "20")]
    [InlineData("template <class T> struct box { T v; }; using boxed = box<double>; struct a { boxed b; char c; };",
        "16 0 8")]
    [InlineData("template <typename T> struct alignas(64) padded { std::atomic<T> v; };"
        + "struct a { padded<uint64_t> head; padded<uint8_t> tail; };", "128 0 64")]
    [InlineData("template <typename T, std::size_t N = 8> class ring { public: T items[N]; std::atomic<std::size_t> "
        + "head{0}; T pop(); template <class F> void each(F f) {} }; struct a { ring<float> r; ring<short, 2> s; };",
        "56 0 40")]
    [InlineData("template <typename T> struct pt { T x, y; }; typedef pt<float> ptf;"
        + "struct a { ptf p; pt<pt<int>> q; };",
        "24 0 8")]
    [InlineData("template <typename T> struct node { T v; node *next; node<T> *last; }; struct a { node<short> n; };",
        "24")]
    [InlineData("template <typename T> struct base { T id; short s; }; template <typename T> struct derived : base<T> "
        + "{ char c; }; struct a { derived<int> d; };", "12")]
    [InlineData("template <typename T> using vec3 = std::array<T, 3>; struct a { vec3<float> p; char c; };", "16 0 12")]
    [InlineData("template <int N> struct fix { char c[N]; };"
        + "struct a { fix<3> x; fix<2 + 3> y; fix<sizeof(long)> z; };",
        "16 0 3 8")]
    [InlineData("template <typename T> struct outer { struct inner { T v; }; inner i[2]; enum { K = 3 }; char k[K]; };"
        + "struct a { outer<int> x; outer<char> y; };", "20 0 12")]
    [InlineData("namespace lib { template <class T> struct box { T v; }; }"
        + "struct a { lib::box<int> b; lib::box<lib::box<char>> c; };", "8 0 4")]
    [InlineData("template <typename T> T max(T a, T b) { return a > b ? a : b; }"
        + "template <class T> constexpr T pi = T(3);"
        + "template struct s<int>; struct a { int x; };", "4 0")]
    [InlineData("template <typename T> concept Num = requires(T t) { t + 1; }; template <Num T> struct v { T x, y; };"
        + "struct a { v<int> p; };", "8 0")]
    [InlineData("#pragma pack(push, 1)\ntemplate <typename T> struct s { char c; T x; };\n#pragma pack(pop)\n"
        + "template <typename T> struct u { char c; T x; }; struct a { s<int> p; u<int> q; };", "16 0 8")]
    [InlineData("template <typename T> struct s { char c; T x; };\n#pragma pack(1)\n"
        + "struct a { s<int> p; char c; int z; };", "13 0 8 9")]
    [InlineData("template <typename T> struct s { T x; }; typedef char id; namespace n { typedef long id;"
        + "struct u { s<id> p; }; } struct a { n::u p; s<id> q; s<id> r; };", "16 0 8 9")]
    [InlineData("template <typename T> struct s { struct in { T x; }; in y; }; struct id { char c; }; namespace n {"
        + "struct id { long c; }; struct u { s<id> p; }; } struct a { n::u p; s<id> q; s<n::id> r; };", "24 0 8 16")]
    [InlineData("struct x { char c; }; struct a { struct x { long q; }; x p; ::x t; };", "16 0 8")]
    [InlineData("namespace n { struct s { char c; }; } namespace m { namespace n { struct s { long c; }; }"
        + "struct u { ::n::s p; n::s q; }; } struct a { m::u x; char c; };", "24 0 16")]
    [InlineData("typedef long id; struct o { typedef char id; id x; ::id y; }; struct a { o q; };", "16 0")]
    [InlineData("#pragma pack(1)\ntemplate <typename T> struct s { char c; T x; };\n#pragma pack()\n"
        + "struct a { s<int> p; int y; };", "12 0 8")]
    public void A_template_is_laid_out_for_its_arguments(string text, string expected)
    {
        var type = ShmType.Parse(text);
        Assert.StartsWith(expected, string.Join(' ', type.Fields.Select(field => field.Offset).Prepend(type.Size)));
    }

    [Theory]
    [InlineData("ring<int, 4>", 20)]
    [InlineData("ring<double,2>", 24)]
    [InlineData("lib::ring<char, 3>", 4)]
    public void A_template_is_named_with_its_arguments(string name, long size) => Assert.Equal(
        size,
        ShmType.Parse(
            "template <typename T, int N> struct ring { T items[N]; int head; };"
                + "namespace lib { template <typename T, int N> struct ring { T items[N]; char head; }; }", name).Size);

    [Theory]
    [InlineData("template <typename... T> struct t { int n; }; struct a { t<int, int> x; };", "any number")]
    [InlineData("template <typename T> struct s { T x; }; template <> struct s<char *> { long y; };"
        + "struct a { s<int *> v; };", "cannot be told")]
    [InlineData("template <typename T> struct s { T x; }; template <typename T> struct s<std::atomic<T>> { long y; };"
        + "struct a { s<std::atomic<int>> v; };", "cannot be told")]
    [InlineData("template <class T, class U> struct s { T x; }; template <class T> struct s<T, int> { long y; };"
        + "template <class U> struct s<int, U> { char z; }; struct a { s<int, int> v; };", "several")]
    [InlineData("template <class T> struct s { T x; }; template <class T> struct s<T *> { T y; };"
        + "struct a { s<int *> v; };", "field 'y' of 's'")]
    [InlineData("template <class T> struct s { T x; }; template <class T> struct s<const T *> { long y[2]; };"
        + "struct a { s<const int *> v; };", "cannot be told")]
    [InlineData("template <class T> struct s; struct a { s<int> v; };", "its fields aren't")]
    [InlineData("template <class T> struct s { T x; }; struct a { s<int>::type v; };", "no type 'type'")]
    [InlineData("template <typename T> struct s { T x; }; struct a { s<int, int> v; };", "takes 1 arguments")]
    [InlineData("template <typename T, int N> struct s { T x[N]; }; struct a { s<int> v; };", "takes 2 arguments")]
    [InlineData("template <int N> struct s { s<N + 1> a, b; }; struct a { s<0> v; };", "deeper")]
    [InlineData("template <typename T> struct s { s<s<T>> *p; T x; }; struct a { s<int> v; };", "deeper")]
    [InlineData("template <typename T> struct s { s<T> p; }; struct a { s<int> v; };", "")]
    [InlineData("template <", "")]
    [InlineData("template <typename T> struct s { T x", "")]
    public void What_cannot_be_laid_out_says_why(string text, string words) =>
        Assert.Contains(words, Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(text)).Message);

    [Fact]
    public void Constants_within_arguments_within_arguments_take_no_time()
    {
        var text = Enumerable.Range(0, 45).Aggregate("1", static (inner, _) => $"s<{inner}>::n");
        Assert.Equal(1, ShmType.Parse(
            $"template <int N> struct s {{ static constexpr int n = N; }}; struct a {{ char c[{text}]; }};").Size);
    }

    [Theory]
    [InlineData("constexpr int N = 8; struct a { static constexpr int N = 4; int x[N]; }; struct b { int x[N]; };", 32)]
    [InlineData("struct a { static constexpr int N{4}; int x[N]; }; struct b { static constexpr int N = 8; int x[N]; };"
        + "struct c { int y[a::N]; int z[b::N]; };", 48)]
    [InlineData("namespace a { constexpr int N = 4; struct s { int x[N]; }; }"
        + "namespace b { constexpr int N = 8; struct s { char x[N]; }; }"
        + "namespace a { struct again { char x[N]; }; } struct t { a::s p; b::s q; a::again r; int n[a::N]; };", 44)]
    [InlineData("enum class A { None, X }; enum class B : char { None = 5, Y };"
        + "struct t { A a; B b; int n[(int)B::None]; };", 28)]
    [InlineData("struct a { using value = int; value v; }; struct b { using value = char; value v; };"
        + "struct c { a::value x; b::value y; };", 8)]
    [InlineData("struct p { static constexpr int N = 3; }; struct q { static constexpr int N = 5; };"
        + "struct d : p { int x[N]; };", 12)]
    [InlineData("namespace n { struct s { int x; }; } namespace m = n; using namespace n;"
        + "struct a { m::s i; s j; ::n::s k; struct n::s l; };", 16)]
    [InlineData("namespace n { inline namespace v1 { struct s { int x; }; } namespace { struct u { char c; }; } }"
        + "struct t { n::s a; n::u b; };", 8)]
    [InlineData("struct a { enum { A, B } kind; struct in { int x; } i; }; struct b { int n[B]; struct in j; };", 8)]
    public void A_name_means_what_its_scope_declares(string text, long size) =>
        Assert.Equal(size, ShmType.Parse(text).Size);

    [Theory]
    [InlineData("namespace a { struct s { int x; }; } namespace b { struct s { char x; }; } struct t { s v; };")]
    [InlineData("namespace a { struct s { nosuch x; }; } namespace b { struct s { char x; }; } struct t { a::s v; };")]
    [InlineData("struct a { static constexpr int N = 4; }; struct b { static constexpr int N = 8; };"
        + "struct c { int x[N]; };")]
    public void A_name_that_could_mean_two_things_is_refused(string text) =>
        Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(text, text.Contains('t') ? null : "c"));

    [Fact]
    public void A_struct_is_picked_by_its_namespace()
    {
        const string Text = "namespace a { struct s { int x; }; } namespace b { struct s { char x; }; }";
        Assert.Equal(4, ShmType.Parse(Text, "a::s").Size);
        Assert.Equal(1, ShmType.Parse(Text, "b::s").Size);
        Assert.Contains(
            "several", Assert.Throws<ShmDefinitionException>(() => ShmType.Parse(Text, "s")).Message);
    }

    [Theory]
    [InlineData("struct a { std::optional<int> x; std::optional<double> d; char c; };", "32 0 8 24")]
    [InlineData("struct a { char c; std::chrono::nanoseconds t; std::chrono::steady_clock::time_point p; };",
        "24 0 8 16")]
    [InlineData("struct a { char c; std::complex<double> z; std::mutex m; };", "64 0 8 24")]
    [InlineData("namespace bip = boost::interprocess; struct a { bip::interprocess_mutex m; char c;"
        + "bip::offset_ptr<int> p; boost::interprocess::interprocess_semaphore s; };", "88 0 40 48 56")]
    public void Types_of_libraries_are_those_of_libstdcxx_and_Boost(string text, string expected)
    {
        var type = ShmType.Parse(text);
        Assert.Equal(expected, string.Join(' ', type.Fields.Select(field => field.Offset).Prepend(type.Size)));
    }
}
