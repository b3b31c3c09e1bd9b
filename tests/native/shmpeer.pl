# A foreign peer, told what to do line by line; README.md has the language. It touches memory by system calls only
# (read and write on a pipe), so that a fault is an error and not its end.
use strict;
use warnings;
use Config;
use Errno ();
use Fcntl;
use POSIX ();

my %numbers = $Config{archname} =~ /x86_64/
    ? (read => 0, write => 1, fstat => 5, mmap => 9, mprotect => 10, munmap => 11, shmget => 29, shmat => 30,
        shmctl => 31,
        shmdt => 67, ftruncate => 77, memfd_create => 319)
    : (read => 63, write => 64, mmap => 222, mprotect => 226, munmap => 215, shmget => 194, shmat => 196, shmctl => 195,
        shmdt => 197, ftruncate => 46, memfd_create => 279);
my ($IPC_CREAT, $IPC_EXCL, $IPC_RMID, $IPC_STAT, $SHM_RDONLY) = (0x200, 0x400, 0, 2, 0x1000);
my $PAGE = POSIX::sysconf(&POSIX::_SC_PAGESIZE);

my (@slots, %children);
my ($in, $out) = (\*STDIN, \*STDOUT);
$out->autoflush(1);
my ($pipe_out, $pipe_in) = POSIX::pipe();
fcntl_cloexec($_) for $pipe_out, $pipe_in;

sub fcntl_cloexec {
    open(my $handle, '<&=', $_[0]) or return;
    fcntl($handle, F_SETFD, FD_CLOEXEC);
    push @main::keep, $handle;
}

# A system call; dies with "NAME ERRNO" where it fails.
sub call {
    my $name = shift;
    # Not copied: the kernel may write to an argument.
    my $result = syscall($numbers{$name}, @_);
    die "$name " . ($! + 0) . "\n" if $result == -1;
    return $result;
}

sub number { my $text = shift // 0; return $text =~ /^-?0x/i ? hex($text) : int($text) }
sub can_write { return !defined $_[0] || $_[0] =~ /w/ }
sub protection { my $text = shift; return ($text =~ /r/ ? 1 : 0) | ($text =~ /w/ ? 2 : 0) | ($text =~ /x/ ? 4 : 0) }
sub refuse { die "$_[0] " . Errno::EINVAL() . "\n" }
sub failed { die "$_[0] " . ($! + 0) . "\n" }

sub at {
    my ($slot, $offset, $length) = (number($_[0]), number($_[1]), $_[2]);
    my $mapping = $slot >= 0 ? $slots[$slot] : undef;
    refuse('slot') if !$mapping || $offset < 0 || $length < 0 || $offset + $length > $mapping->{length};
    return $mapping->{address} + $offset;
}

sub add_slot {
    my ($address, $length, $is_sysv, @more) = @_;
    push @slots, { address => $address, length => $length, is_sysv => $is_sysv };
    return join ' ', $#slots, sprintf('0x%x', $address), $length, @more;
}

# From memory through the pipe, at most a page at once, which a pipe always holds.
sub get {
    my ($address, $length) = @_;
    my $bytes = '';
    while (length $bytes < $length) {
        my $part = $length - length $bytes;
        my $count = call('write', $pipe_in, $address + length $bytes, $part < $PAGE ? $part : $PAGE);
        POSIX::read($pipe_out, my $piece, $count);
        $bytes .= $piece;
    }
    return $bytes;
}

sub put {
    my ($address, $bytes) = @_;
    for (my $done = 0; $done < length $bytes;) {
        my $piece = substr $bytes, $done, $PAGE;
        my $count = POSIX::write($pipe_in, $piece, length $piece);
        my $result = syscall($numbers{read}, $pipe_out, $address + $done, $count);
        if ($result != $count) {
            my $error = $result == -1 ? $! + 0 : Errno::EFAULT();
            POSIX::read($pipe_out, my $rest, $count - ($result > 0 ? $result : 0)) if $result < $count;
            die "read $error\n";
        }
        $done += $count;
    }
}

sub map_descriptor {
    my ($handle, $writes, @more) = @_;
    my $length = (stat $handle)[7];
    my $address = call('mmap', 0, $length, $writes ? 3 : 1, 1, fileno $handle, 0);
    return add_slot($address, $length, 0, @more);
}

sub open_object {
    my ($name, $flags) = @_;
    sysopen(my $handle, "/dev/shm$name", $flags | O_NOFOLLOW, 0600) or failed('shm_open');
    return $handle;
}

sub shmid_ds { my $data = "\0" x 256; call('shmctl', number($_[0]), $IPC_STAT, $data); return $data }

sub fork_child {
    pipe(my $down_out, my $down_in) or failed('pipe');
    pipe(my $up_out, my $up_in) or failed('pipe');
    my $pid = fork // failed('fork');
    if (!$pid) {
        # The child's own ends only, so that the end of a parent is the end of its children's input.
        %children = ();
        ($in, $out) = ($down_out, $up_in);
        $out->autoflush(1);
        # Its own pipe too: what is under way in one is shared.
        ($pipe_out, $pipe_in) = POSIX::pipe();
        fcntl_cloexec($_) for $pipe_out, $pipe_in;
        return undef;
    }
    $down_in->autoflush(1);
    $children{$pid} = { to => $down_in, from => $up_out };
    return $pid;
}

my %commands = (
    pid => [0, sub { $$ }],
    shmget => [2, sub { call('shmget', number($_[0]), number($_[1]), $IPC_CREAT | $IPC_EXCL | 0600) }],
    shmat => [1, sub {
        my $address = call('shmat', number($_[0]), number($_[2]), can_write($_[1]) ? 0 : $SHM_RDONLY);
        add_slot($address, unpack('Q', substr(shmid_ds($_[0]), 48, 8)), 1);
    }],
    rmid => [1, sub { call('shmctl', number($_[0]), $IPC_RMID, 0); '' }],
    nattch => [1, sub { unpack('Q', substr(shmid_ds($_[0]), 88, 8)) }],
    create => [2, sub {
        my $handle = open_object($_[0], O_RDWR | O_CREAT | O_EXCL);
        truncate($handle, number($_[1])) or failed('ftruncate');
        map_descriptor($handle, 1);
    }],
    open => [1, sub { map_descriptor(open_object($_[0], can_write($_[1]) ? O_RDWR : O_RDONLY), can_write($_[1])) }],
    memfd => [2, sub {
        my $label = $_[0];
        my $descriptor = call('memfd_create', $label, 3);
        open(my $handle, '+<&=', $descriptor) or failed('fdopen');
        push @main::keep, $handle;
        truncate($handle, number($_[1])) or failed('ftruncate');
        map_descriptor($handle, 1, $descriptor);
    }],
    map => [1, sub {
        open(my $handle, can_write($_[1]) ? '+<&' : '<&', number($_[0])) or failed('fstat');
        map_descriptor($handle, can_write($_[1]));
    }],
    truncate => [2, sub { truncate(open_object($_[0], O_RDWR), number($_[1])) or failed('ftruncate'); '' }],
    unlink => [1, sub { unlink("/dev/shm$_[0]") or failed('shm_unlink'); '' }],
    detach => [1, sub {
        my $address = at($_[0], 0, 0);
        my $slot = $slots[number($_[0])];
        $slot->{is_sysv} ? call('shmdt', $address) : call('munmap', $address, $slot->{length});
        undef $slots[number($_[0])];
        '';
    }],
    unmap => [3, sub { call('munmap', at($_[0], $_[1], number($_[2])), number($_[2])); '' }],
    protect => [4, sub { call('mprotect', at($_[0], $_[1], number($_[2])), number($_[2]), protection($_[3])); '' }],
    peek => [2, sub { unpack 'l', get(at($_[0], $_[1], 4), 4) }],
    poke => [3, sub { put(at($_[0], $_[1], 4), pack('l', number($_[2]))); '' }],
    bytes => [3, sub {
        refuse('bytes') if number($_[2]) > 1000;
        unpack 'H*', get(at($_[0], $_[1], number($_[2])), number($_[2]));
    }],
    fill => [4, sub { put(at($_[0], $_[1], number($_[2])), chr(number($_[3]) & 255) x number($_[2])); '' }],
    fds => [0, sub {
        opendir(my $directory, '/proc/self/fd') or failed('opendir');
        join ' ', sort { $a <=> $b } grep { /\d/ && $_ != fileno($directory) && $_ != $pipe_in
            && $_ != $pipe_out } readdir $directory;
    }],
    link => [1, sub { readlink('/proc/self/fd/' . number($_[0])) // failed('readlink') }],
    env => [1, sub { $ENV{$_[0]} // die 'getenv ' . Errno::ENOENT() . "\n" }],
    args => [0, sub { join "\t", @ARGV }],
    cwd => [0, sub { POSIX::getcwd() }],
    signals => [0, sub {
        open(my $status, '<', '/proc/self/status') or failed('fopen');
        my %mask = map { /^(Sig(?:Blk|Ign)):\s*(\w+)/ ? ($1, $2) : () } <$status>;
        "$mask{SigBlk} $mask{SigIgn}";
    }],
    fork => [0, \&fork_child],
    to => [2, sub {
        my ($pid, @line) = @_;
        my $child = $children{$pid} or refuse('child');
        print { $child->{to} } "@line\n";
        my $answer = readline($child->{from}) // die 'to ' . Errno::ECHILD() . "\n";
        chomp $answer;
        die substr($answer, 6) . "\n" if $answer =~ /^error /;
        substr($answer, 2) =~ s/^ //r;
    }],
    wait => [1, sub {
        my $child = delete $children{$_[0]} or refuse('child');
        close $child->{to};
        waitpid($_[0], 0) > 0 or failed('waitpid');
        $? & 127 ? 'signal ' . ($? & 127) : 'exit ' . ($? >> 8);
    }],
    kill => [2, sub { kill(number($_[1]), number($_[0])) or failed('kill'); '' }],
    exit => [1, sub { POSIX::_exit(number($_[0])) }],
);

while (defined(my $line = readline($in))) {
    chomp $line;
    my ($verb, @words) = split ' ', $line;
    my $command = $commands{$verb // ''};
    my $answer = eval { $command && @words >= $command->[0] ? $command->[1]->(@words) : refuse('command') };
    if ($@) { print { $out } "error $@" }
    elsif (defined $answer) { print { $out } $answer eq '' ? "ok\n" : "ok $answer\n" }
}
POSIX::_exit(0);
