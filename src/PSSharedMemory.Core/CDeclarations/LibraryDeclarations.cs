using System.Threading;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// Structs of the C library, the kernel and Windows that people use without declaring them, with the sizes of this ABI.
/// A declaration of the same name in the text takes precedence.
/// </summary>
internal static class LibraryDeclarations
{
    private const string Text = """
        typedef struct { int counter; } atomic_t;
        typedef struct { long long __attribute__((aligned(8))) counter; } atomic64_t;
        typedef struct { long counter; } atomic_long_t;
        typedef struct { int counter; } refcount_t;
        typedef struct { int val[2]; } __kernel_fsid_t, fsid_t;
        struct list_head { struct list_head *next, *prev; };
        struct __kernel_timespec { __kernel_time64_t tv_sec; long long tv_nsec; };
        struct __kernel_itimerspec { struct __kernel_timespec it_interval; struct __kernel_timespec it_value; };
        struct __kernel_old_timeval { __kernel_long_t tv_sec; __kernel_long_t tv_usec; };
        struct __kernel_sock_timeval { long long tv_sec; long long tv_usec; };
        typedef struct { unsigned long fds_bits[16]; } __kernel_fd_set;
        struct __kernel_sockaddr_storage {
            union {
                struct { __kernel_sa_family_t ss_family; char __data[126]; };
                void *__align;
            };
        };

        struct timespec { time_t tv_sec; long tv_nsec; };
        struct timeval { time_t tv_sec; suseconds_t tv_usec; };
        struct itimerspec { struct timespec it_interval; struct timespec it_value; };
        struct itimerval { struct timeval it_interval; struct timeval it_value; };
        struct timezone { int tz_minuteswest; int tz_dsttime; };
        struct tm {
            int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
            long tm_gmtoff;
            const char *tm_zone;
        };
        struct iovec { void *iov_base; size_t iov_len; };
        struct msghdr {
            void *msg_name; socklen_t msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
            void *msg_control; size_t msg_controllen; int msg_flags;
        };
        struct cmsghdr { size_t cmsg_len; int cmsg_level; int cmsg_type; };
        struct sockaddr { sa_family_t sa_family; char sa_data[14]; };
        struct in_addr { __be32 s_addr; };
        struct in6_addr {
            union { uint8_t s6_addr[16]; __be16 s6_addr16[8]; __be32 s6_addr32[4]; };
        };
        struct sockaddr_in { sa_family_t sin_family; __be16 sin_port; struct in_addr sin_addr; unsigned char sin_zero[8]; };
        struct sockaddr_in6 {
            sa_family_t sin6_family; __be16 sin6_port; __be32 sin6_flowinfo; struct in6_addr sin6_addr; uint32_t sin6_scope_id;
        };
        struct sockaddr_un { sa_family_t sun_family; char sun_path[108]; };
        struct sockaddr_storage { sa_family_t ss_family; char __ss_padding[118]; unsigned long __ss_align; };
        struct ip_mreq { struct in_addr imr_multiaddr; struct in_addr imr_interface; };
        struct ipv6_mreq { struct in6_addr ipv6mr_multiaddr; unsigned int ipv6mr_interface; };
        struct linger { int l_onoff; int l_linger; };
        struct ucred { pid_t pid; uid_t uid; gid_t gid; };
        struct pollfd { int fd; short events; short revents; };
        typedef union { void *ptr; int fd; uint32_t u32; uint64_t u64; } epoll_data_t;
        #ifdef __x86_64__
        struct epoll_event { uint32_t events; epoll_data_t data; } __attribute__((packed));
        #else
        struct epoll_event { uint32_t events; epoll_data_t data; };
        #endif

        struct ipc_perm {
            key_t __key; uid_t uid; gid_t gid; uid_t cuid; gid_t cgid; mode_t mode; unsigned short __seq; unsigned short __pad2;
            unsigned long __glibc_reserved1; unsigned long __glibc_reserved2;
        };
        struct shmid_ds {
            struct ipc_perm shm_perm; size_t shm_segsz; time_t shm_atime; time_t shm_dtime; time_t shm_ctime;
            pid_t shm_cpid; pid_t shm_lpid; shmatt_t shm_nattch; unsigned long __glibc_reserved5; unsigned long __glibc_reserved6;
        };
        struct msqid_ds {
            struct ipc_perm msg_perm; time_t msg_stime; time_t msg_rtime; time_t msg_ctime; unsigned long __msg_cbytes;
            msgqnum_t msg_qnum; msglen_t msg_qbytes; pid_t msg_lspid; pid_t msg_lrpid;
            unsigned long __glibc_reserved4; unsigned long __glibc_reserved5;
        };
        struct sembuf { unsigned short sem_num; short sem_op; short sem_flg; };
        struct mq_attr { long mq_flags; long mq_maxmsg; long mq_msgsize; long mq_curmsgs; long __pad[4]; };
        typedef struct { unsigned long __bits[16]; } cpu_set_t;
        typedef struct { long __fds_bits[16]; } fd_set;
        struct sched_param { int sched_priority; };
        struct rlimit { rlim_t rlim_cur; rlim_t rlim_max; };
        struct rusage {
            struct timeval ru_utime; struct timeval ru_stime; long ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt,
            ru_nswap, ru_inblock, ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw;
        };
        struct flock { short l_type; short l_whence; off_t l_start; off_t l_len; pid_t l_pid; };
        struct winsize { unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel; };
        struct utsname { char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65]; };
        typedef union sigval { int sival_int; void *sival_ptr; } sigval_t;
        typedef struct { void *ss_sp; int ss_flags; size_t ss_size; } stack_t;
        typedef struct { int quot; int rem; } div_t;
        typedef struct { long quot; long rem; } ldiv_t;
        #ifdef __x86_64__
        struct stat {
            dev_t st_dev; ino_t st_ino; nlink_t st_nlink; mode_t st_mode; uid_t st_uid; gid_t st_gid; int __pad0; dev_t st_rdev;
            off_t st_size; blksize_t st_blksize; blkcnt_t st_blocks; struct timespec st_atim, st_mtim, st_ctim; long __reserved[3];
        };
        #else
        struct stat {
            dev_t st_dev; ino_t st_ino; mode_t st_mode; nlink_t st_nlink; uid_t st_uid; gid_t st_gid; dev_t st_rdev;
            unsigned long __pad1; off_t st_size; blksize_t st_blksize; int __pad2; blkcnt_t st_blocks;
            struct timespec st_atim, st_mtim, st_ctim; int __reserved[2];
        };
        #endif

        typedef union {
            struct { DWORD LowPart; LONG HighPart; };
            struct { DWORD LowPart; LONG HighPart; } u;
            LONGLONG QuadPart;
        } LARGE_INTEGER;
        typedef union {
            struct { DWORD LowPart; DWORD HighPart; };
            struct { DWORD LowPart; DWORD HighPart; } u;
            ULONGLONG QuadPart;
        } ULARGE_INTEGER;
        typedef struct _FILETIME { DWORD dwLowDateTime; DWORD dwHighDateTime; } FILETIME;
        typedef struct _SYSTEMTIME {
            WORD wYear, wMonth, wDayOfWeek, wDay, wHour, wMinute, wSecond, wMilliseconds;
        } SYSTEMTIME;
        typedef struct _GUID { DWORD Data1; WORD Data2; WORD Data3; BYTE Data4[8]; } GUID, IID, CLSID, UUID;
        typedef struct tagPOINT { LONG x; LONG y; } POINT;
        typedef struct tagSIZE { LONG cx; LONG cy; } SIZE;
        typedef struct _COORD { SHORT X; SHORT Y; } COORD;
        typedef struct tagRECT { LONG left; LONG top; LONG right; LONG bottom; } RECT;
        typedef struct _LIST_ENTRY { struct _LIST_ENTRY *Flink; struct _LIST_ENTRY *Blink; } LIST_ENTRY;
        """;

    /// <summary>Reads them for an architecture.</summary>
    public static Scope Read(Abi abi) =>
        DeclarationParser.ReadScope(Text, abi, new KnownTypes(abi, hasLibrary: false), CancellationToken.None);
}
