using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>Macros that headers rely on and that a pasted struct lacks.</summary>
internal static class Prelude
{
    private const string Common = """
        #define __linux__ 1
        #define __linux 1
        #define __unix__ 1
        #define __LP64__ 1
        #define _LP64 1
        #define __GNUC__ 12
        #define __GNUC_MINOR__ 2
        #define __STDC__ 1
        #define __STDC_VERSION__ 201710L
        #define _DEFAULT_SOURCE 1
        #define _POSIX_SOURCE 1
        #define _POSIX_C_SOURCE 200809L
        #define __USE_ISOC11 1
        #define __USE_ISOC99 1
        #define __USE_ISOC95 1
        #define __USE_POSIX 1
        #define __USE_POSIX2 1
        #define __USE_POSIX199309 1
        #define __USE_POSIX199506 1
        #define __USE_XOPEN2K 1
        #define __USE_XOPEN2K8 1
        #define __USE_MISC 1
        #define __USE_ATFILE 1
        #define __glibc_c99_flexarr_available 1
        #define __flexarr []
        #define __CHAR_BIT__ 8
        #define __SIZEOF_POINTER__ 8
        #define __SIZEOF_LONG__ 8
        #define __SIZEOF_INT__ 4
        #define __SIZEOF_INT128__ 16
        #define __WORDSIZE 64
        #define __BIGGEST_ALIGNMENT__ 16
        #define __ORDER_LITTLE_ENDIAN__ 1234
        #define __ORDER_BIG_ENDIAN__ 4321
        #define __BYTE_ORDER__ 1234
        #define __LITTLE_ENDIAN 1234
        #define __BIG_ENDIAN 4321
        #define __BYTE_ORDER 1234
        #define LITTLE_ENDIAN 1234
        #define BIG_ENDIAN 4321
        #define BYTE_ORDER 1234
        #define __LITTLE_ENDIAN_BITFIELD 1
        #define CHAR_BIT 8
        #define SCHAR_MAX 127
        #define UCHAR_MAX 255
        #define SHRT_MIN (-32768)
        #define SHRT_MAX 32767
        #define USHRT_MAX 65535
        #define INT_MAX 2147483647
        #define INT_MIN (-INT_MAX - 1)
        #define UINT_MAX 4294967295U
        #define LONG_MAX 9223372036854775807L
        #define LONG_MIN (-LONG_MAX - 1L)
        #define ULONG_MAX 18446744073709551615UL
        #define LLONG_MAX 9223372036854775807LL
        #define LLONG_MIN (-LLONG_MAX - 1LL)
        #define ULLONG_MAX 18446744073709551615ULL
        #define INT8_MIN (-128)
        #define INT16_MIN (-32768)
        #define INT32_MIN (-2147483647 - 1)
        #define INT64_MIN (-9223372036854775807L - 1)
        #define INT8_MAX 127
        #define INT16_MAX 32767
        #define INT32_MAX 2147483647
        #define INT64_MAX 9223372036854775807L
        #define UINT8_MAX 255
        #define UINT16_MAX 65535
        #define UINT32_MAX 4294967295U
        #define UINT64_MAX 18446744073709551615UL
        #define INTPTR_MAX 9223372036854775807L
        #define UINTPTR_MAX 18446744073709551615UL
        #define SIZE_MAX 18446744073709551615UL
        #define SSIZE_MAX 9223372036854775807L
        #define INT8_C(x) x
        #define INT16_C(x) x
        #define INT32_C(x) x
        #define INT64_C(x) x ## L
        #define UINT8_C(x) x
        #define UINT16_C(x) x
        #define UINT32_C(x) x ## U
        #define UINT64_C(x) x ## UL
        #define PATH_MAX 4096
        #define NAME_MAX 255
        #define HOST_NAME_MAX 64
        #define LOGIN_NAME_MAX 256
        #define BUFSIZ 8192
        #define IFNAMSIZ 16
        #define INET_ADDRSTRLEN 16
        #define INET6_ADDRSTRLEN 46
        #define __packed __attribute__((packed))
        #define __aligned(x) __attribute__((aligned(x)))
        #define __cacheline_aligned __attribute__((aligned(64)))
        #define ____cacheline_aligned __attribute__((aligned(64)))
        #define ____cacheline_aligned_in_smp __attribute__((aligned(64)))
        #define __user
        #define __kernel
        #define __iomem
        #define __percpu
        #define __rcu
        #define __force
        #define __bitwise
        #define __private
        #define __read_mostly
        #define __nonstring
        #define __maybe_unused
        #define __counted_by(x)
        #define __counted_by_le(x)
        #define __counted_by_be(x)
        #define __DECLARE_FLEX_ARRAY(TYPE, NAME) struct { struct { } __empty_ ## NAME; TYPE NAME[]; }
        #define DECLARE_FLEX_ARRAY(TYPE, NAME) __DECLARE_FLEX_ARRAY(TYPE, NAME)
        #define __struct_group(TAG, NAME, ATTRS, MEMBERS...) \
            union { struct { MEMBERS } ATTRS; struct TAG { MEMBERS } ATTRS NAME; } ATTRS
        #define struct_group(NAME, ...) __struct_group(, NAME, , __VA_ARGS__)
        #define struct_group_tagged(TAG, NAME, ...) __struct_group(TAG, NAME, , __VA_ARGS__)
        #define _BITUL(x) (1UL << (x))
        #define _BITULL(x) (1ULL << (x))
        #define BIT(x) (1UL << (x))
        #define MAX_PATH 260
        #define WINVER 0x0A00
        #define _WIN32_WINNT 0x0A00
        #define _WIN32_IE 0x0A00
        #define NTDDI_VERSION 0x0A00000C
        #define FALSE 0
        #define TRUE 1
        #define CONST const
        #define WINAPI
        #define CALLBACK
        #define _IOC(dir, type, nr, size) (((dir) << 30) | ((type) << 8) | (nr) | ((size) << 16))
        #define _IO(type, nr) _IOC(0U, (type), (nr), 0)
        #define _IOR(type, nr, size) _IOC(2U, (type), (nr), sizeof(size))
        #define _IOW(type, nr, size) _IOC(1U, (type), (nr), sizeof(size))
        #define _IOWR(type, nr, size) _IOC(3U, (type), (nr), sizeof(size))
        #define FD_SETSIZE 1024
        #define MAXNAMLEN 255
        #define MAXPATHLEN 4096
        #define UT_LINESIZE 32
        #define UT_NAMESIZE 32
        #define UT_HOSTSIZE 256
        #define LIST_HEAD(NAME, TYPE) struct NAME { struct TYPE *lh_first; }
        #define LIST_ENTRY(TYPE) struct { struct TYPE *le_next; struct TYPE **le_prev; }
        #define SLIST_HEAD(NAME, TYPE) struct NAME { struct TYPE *slh_first; }
        #define SLIST_ENTRY(TYPE) struct { struct TYPE *sle_next; }
        #define STAILQ_HEAD(NAME, TYPE) struct NAME { struct TYPE *stqh_first; struct TYPE **stqh_last; }
        #define STAILQ_ENTRY(TYPE) struct { struct TYPE *stqe_next; }
        #define SIMPLEQ_HEAD(NAME, TYPE) struct NAME { struct TYPE *sqh_first; struct TYPE **sqh_last; }
        #define SIMPLEQ_ENTRY(TYPE) struct { struct TYPE *sqe_next; }
        #define TAILQ_HEAD(NAME, TYPE) struct NAME { struct TYPE *tqh_first; struct TYPE **tqh_last; }
        #define TAILQ_ENTRY(TYPE) struct { struct TYPE *tqe_next; struct TYPE **tqe_prev; }
        #define CIRCLEQ_HEAD(NAME, TYPE) struct NAME { struct TYPE *cqh_first; struct TYPE *cqh_last; }
        #define CIRCLEQ_ENTRY(TYPE) struct { struct TYPE *cqe_next; struct TYPE *cqe_prev; }
        #define ETH_ALEN 6
        #define IFALIASZ 256
        #define TASK_COMM_LEN 16
        #define __BITS_PER_LONG 64
        #define BITS_PER_LONG 64
        #define __UAPI_DEF_IF_IFCONF 1
        #define __UAPI_DEF_IF_IFMAP 1
        #define __UAPI_DEF_IF_IFNAMSIZ 1
        #define __UAPI_DEF_IF_IFREQ 1
        #define __UAPI_DEF_IF_NET_DEVICE_FLAGS 1
        #define __UAPI_DEF_IN_ADDR 1
        #define __UAPI_DEF_IN_IPPROTO 1
        #define __UAPI_DEF_IN_PKTINFO 1
        #define __UAPI_DEF_IP_MREQ 1
        #define __UAPI_DEF_SOCKADDR_IN 1
        #define __UAPI_DEF_IN_CLASS 1
        #define __UAPI_DEF_IN6_ADDR 1
        #define __UAPI_DEF_IN6_ADDR_ALT 1
        #define __UAPI_DEF_SOCKADDR_IN6 1
        #define __UAPI_DEF_IPV6_MREQ 1
        #define __UAPI_DEF_IPPROTO_V6 1
        #define __UAPI_DEF_IPV6_OPTIONS 1
        #define __UAPI_DEF_IN6_PKTINFO 1
        #define __UAPI_DEF_IP6_MTUINFO 1
        #define __UAPI_DEF_SOCKADDR_IPX 1
        #define __UAPI_DEF_IPX_ROUTE_DEFINITION 1
        #define __UAPI_DEF_IPX_INTERFACE_DEFINITION 1
        #define __UAPI_DEF_IPX_CONFIG_DATA 1
        #define __UAPI_DEF_IPX_ROUTE_DEF 1
        #define __UAPI_DEF_XATTR 1
        #define __BEGIN_DECLS
        #define __END_DECLS
        #define __THROW
        """;

    // asm/kvm.h determines the layout of structs in linux/kvm.h.
    private const string ForAmd64 = """
        #define __x86_64__ 1
        #define __amd64__ 1
        #define __EPOLL_PACKED __attribute__((packed))
        #define CHAR_MIN (-128)
        #define CHAR_MAX 127
        #define __KVM_HAVE_PIT 1
        #define __KVM_HAVE_IOAPIC 1
        #define __KVM_HAVE_IRQ_LINE 1
        #define __KVM_HAVE_MSI 1
        #define __KVM_HAVE_USER_NMI 1
        #define __KVM_HAVE_MSIX 1
        #define __KVM_HAVE_MCE 1
        #define __KVM_HAVE_PIT_STATE2 1
        #define __KVM_HAVE_XEN_HVM 1
        #define __KVM_HAVE_VCPU_EVENTS 1
        #define __KVM_HAVE_DEBUGREGS 1
        #define __KVM_HAVE_XSAVE 1
        #define __KVM_HAVE_XCRS 1
        #define __KVM_HAVE_PIC 1
        #define __KVM_HAVE_GUEST_DEBUG 1
        #define __KVM_HAVE_READONLY_MEM 1

        """;

    private const string ForArm64 = """
        #define __aarch64__ 1
        #define __CHAR_UNSIGNED__ 1
        #define CHAR_MIN 0
        #define CHAR_MAX 255
        #define __KVM_HAVE_IRQ_LINE 1
        #define __KVM_HAVE_VCPU_EVENTS 1
        #define __KVM_HAVE_READONLY_MEM 1

        """;

    private static readonly Dictionary<string, Macro> Amd64 = Read(ForAmd64);
    private static readonly Dictionary<string, Macro> Arm64 = Read(ForArm64);

    public static Dictionary<string, Macro> Macros(Abi abi) => new(abi.IsAmd64 ? Amd64 : Arm64);

    private static Dictionary<string, Macro> Read(string own)
    {
        var macros = new Dictionary<string, Macro>();
        Preprocessor.Run(own + Common, macros, System.Threading.CancellationToken.None);
        return macros;
    }
}
