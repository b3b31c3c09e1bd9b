using System.Linq;
using Xunit;
using Cpu = System.Runtime.InteropServices.Architecture;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>Structs as C++ headers have them, functions and all: the numbers are those of g++.</summary>
public sealed class CxxDeclarationTests
{
    private const string Header = """
        #pragma once
        #include <atomic>
        namespace trading {
        using u32 = std::uint32_t;
        constexpr std::size_t kLevels = 10;
        static constexpr int kName = 16;
        inline namespace v1 { enum class Side : uint8_t { Buy = 1, Sell }; }
        enum Plain : unsigned short { PA, PB };
        class Fwd;
        struct Level {
            double price{0.0};
            uint32_t qty = 0;
            bool operator<(const Level &o) const { return price < o.price; }
            Level &set(double p) { price = p; return *this; }
        };
        struct alignas(64) Order {
            Order() = default;
            explicit Order(uint64_t i) : id(i), side{Side::Sell} { seq.store(0); }
            Order(const Order &) = delete;
            Order &operator=(const Order &) = delete;
            ~Order() noexcept {}
            uint64_t id;
            Side side{Side::Buy};
            char symbol[kName];
            std::atomic<uint64_t> seq{0};
            std::atomic_bool live{false};
            Level levels[kLevels];
            const char *name() const noexcept { return symbol; }
            static Order make(int x) { return Order(x); }
            int operator()(int a, int b) { return a + b; }
            explicit operator bool() const { return live; }
            friend class Book;
        };
        class Book {
        public:
            static constexpr uint32_t Magic = 0xCAFE;
            enum { Size = 4 };
            std::array<Order, Size> orders;
            u32 count;
            trading::Plain plain;
            Side side = Side::Buy;
            bool empty;
            [[nodiscard]] bool full() const;
            auto begin() const -> const Order * { return orders.data(); }
            std::atomic<std::array<char, 8>> packed8;
        };
        struct Nested { struct Inner { int a; char b; }; Nested::Inner x; Inner y[2]; trading::Side s; };
        } // namespace trading
        struct Tag {};
        struct Tagged { Tag t; int x; Tag u; std::byte raw[3]; };
        """;

    [Theory]
    [InlineData("trading::Level", 16, 8, "price 0, qty 8")]
    [InlineData("Order", 256, 64, "id 0, side 8, symbol 9, seq 32, live 40, levels 48")]
    [InlineData("Book", 1088, 64, "orders 0, count 1024, plain 1028, side 1030, empty 1031, packed8 1032")]
    [InlineData("trading::Nested", 28, 4, "x 0, y 8, s 24")]
    [InlineData("Tagged", 12, 4, "t 0, x 4, u 8, raw 9")]
    public void LaysOutAsCxx(string name, long size, int alignment, string offsets)
    {
        var type = ShmType.Parse(Header, name, Cpu.X64);
        Assert.Equal((size, alignment), (type.Size, type.Alignment));
        Assert.Equal(offsets, string.Join(", ", type.Fields.Select(field => $"{field.Name} {field.Offset}")));
    }

    [Fact]
    public void APrototypeInCIsAForgottenPointer()
    {
        Assert.Contains(
            "is a function",
            Assert.Throws<ShmDefinitionException>(() => ShmType.Parse("struct s { int f(int); int a; };")).Message);
        Assert.Equal(4, ShmType.Parse("class s { public: int f(int); int a; };").Size);
        Assert.Equal(4, ShmType.Parse("struct s { int f(int x) { return x; } int a; };").Size);
    }

    [Fact]
    public void Constants_in_braces_and_compared_structs_are_read()
    {
        var type = ShmType.Parse(
            """
            namespace app { inline constexpr int Count{7}; static constexpr unsigned Room { sizeof(double) * 2 };
            struct rank { int v; bool operator==(const rank&) const = default;
                auto operator<=>(const rank&) const = default; operator int() const { return v; } char name[Room]; };
            struct board { rank ranks[Count]; }; }
            """,
            "board");
        Assert.Equal(7 * 20, type.Size);
    }

    [Fact]
    public void The_word_complex_is_known_behind_a_number_type_only()
    {
        var type = ShmType.Parse(
            "struct s { double complex a; float complex b[2]; long double complex c; double complex; int complex2; };");
        Assert.Equal([0L, 16, 32, 64, 72], type.Fields.Select(field => field.Offset));
    }
}
