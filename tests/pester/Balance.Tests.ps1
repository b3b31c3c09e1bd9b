# What is used and where it is: the parts add up to statfs, shm_info and the control group, with df, ipcs and Python as
# witnesses.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/ChildHost.ps1"
    . "$PSScriptRoot/Peers.ps1"
    $noRoot = [Environment]::UserName -ne 'root'
}

BeforeDiscovery { $noRoot = [Environment]::UserName -ne 'root' }

Describe 'The balance of /dev/shm' -Tag Root -Skip:$noRoot {
    BeforeAll {
        # A file system of its own, so that no other test's objects come and go between the looks.
        $said = Invoke-ChildHost -Through 'unshare', '-i', '-m', '--propagation', 'private' -Script {
            $ErrorActionPreference = 'Stop'
            & mount -t tmpfs -o mode=1777,size=256m tmpfs /dev/shm
            $null = New-Item -ItemType Directory /dev/shm/relay/terms, /dev/shm/empty
            [IO.File]::WriteAllBytes('/dev/shm/relay/terms/log.0', [byte[]]::new(10MB))
            [IO.File]::WriteAllBytes('/dev/shm/top', [byte[]]::new(1MB))
            & ln /dev/shm/top /dev/shm/second-name
            & ln -s /etc /dev/shm/away
            & ln -s ("x" * 3000) /dev/shm/long
            & mkfifo /dev/shm/pipe
            $gone = New-ShmSegment /gone -Size 3MB -Mount
            $held = New-ShmSegment /relay/held -Size 2MB -Mount
            Remove-ShmSegment /gone, /relay/held
            # 4 MB in a descriptor that only a socket holds.
            $program = @'
import os, socket, sys
a, b = socket.socketpair()
s = socket.socket(socket.AF_UNIX); s.bind('/dev/shm/sock')
f = os.open('/dev/shm/flying', os.O_RDWR | os.O_CREAT)
os.posix_fallocate(f, 0, 4 << 20)
socket.send_fds(a, [b'x'], [f])
os.close(f); os.unlink('/dev/shm/flying')
print('ready', flush=True); sys.stdin.readline()
'@
            $start = [Diagnostics.ProcessStartInfo]::new('python3', [string[]] ('-c', $program))
            $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
            $peer = [Diagnostics.Process]::Start($start)
            $null = $peer.StandardOutput.ReadLine()
            foreach ($limit in Get-ShmLimit '/dev/shm *') {
                "$($limit.Name)|$($limit.Use)|$($limit.PartOf)|$($limit.Description)"
            }
            $df = -split @(df -B1 --output=used /dev/shm)[1]
            "df|$df||"
            foreach ($check in Test-ShmHost ShmContents, ShmBalance) {
                "$($check.Name)|$($check.Result)||$($check.Detail)"
            }
            $null = New-ShmSegment -Private -Size 5000
            $pages = (ipcs -um | Select-String 'pages allocated (\d+)').Matches.Groups[1].Value
            "System V|$((Get-ShmLimit 'System V memory').Use)||$pages"
            $peer.StandardInput.WriteLine()
            $peer.WaitForExit()
            $gone.Dispose(); $held.Dispose()
        }
        $rows = @{}
        foreach ($line in $said) {
            $name, $use, $whole, $text = $line -split '\|', 4
            $rows[$name] = [pscustomobject]@{ Use = $use; PartOf = $whole; Description = $text }
        }
    }

    It 'adds up to what df says' {
        $parts = $rows.Values | Where-Object PartOf -EQ '/dev/shm size'
        $parts | Should -HaveCount 4
        ($parts | Measure-Object Use -Sum).Sum | Should -Be $rows['df'].Use
        $rows['/dev/shm size'].Use | Should -Be $rows['df'].Use
    }

    It 'counts <Name>: <Bytes>' -ForEach @(
        # An object with two names counts once.
        @{ Name = 'listed'; Bytes = 11MB }
        @{ Name = 'removed but held'; Bytes = 5MB }
        @{ Name = 'in flight or unknown'; Bytes = 4MB }
        @{ Name = 'directories'; Bytes = 3 }
        @{ Name = 'sockets'; Bytes = 1 }
        @{ Name = 'named pipes'; Bytes = 1 }
        @{ Name = 'links'; Bytes = 2 }
    ) {
        $rows["/dev/shm $Name"].Use | Should -Be $Bytes
    }

    It 'counts System V as ipcs does' {
        $rows['System V'].Use | Should -Be 8192
        $rows['System V'].Description | Should -Be 2
    }

    It 'tells what is in directories, and what else is there' {
        $rows['/dev/shm directories'].Description | Should -Be '/relay 10 MB in 1 object, /empty 0 KB in 0 objects'
        $rows['/dev/shm sockets'].Description | Should -Be '/sock'
        $rows['ShmContents'].Description |
            Should -BeLike '*3 directories: /relay*1 socket: /sock*1 named pipe: /pipe*2 links:*'
        $rows['ShmBalance'].Description |
            Should -BeLike '*20 MB used = 11 MB listed + 5 MB removed but held + * + 4 MB in flight or unknown.'
    }
}

Describe 'The balance of System V' {
    It 'adds up to what the kernel counts' {
        $held = New-ShmSegment -Private -Size 5000 -Mount
        $left = New-ShmSegment -Private -Size 1MB
        try {
            Remove-ShmSegment -Id $held.Segment.Id
            $rows = @{}
            Get-ShmLimit 'System V *' | ForEach-Object { $rows[$_.Name] = $_ }
            $parts = $rows.Values | Where-Object PartOf -EQ 'System V memory'
            $parts | Should -HaveCount 3
            ($parts | Measure-Object Use -Sum).Sum | Should -Be $rows['System V memory'].Use
            $rows['System V removed but held'].Use | Should -BeGreaterOrEqual 8192
            $rows['System V listed'].Use | Should -BeGreaterOrEqual 1MB
            $rows['System V in flight or unknown'].Use | Should -Be 0
        } finally {
            $held.Dispose()
            Remove-ShmSegment $left
        }
    }
}

Describe 'The control group' {
    It 'has its shared memory beside its limit' {
        $rows = @(Get-ShmLimit 'cgroup * shmem')
        foreach ($row in $rows) {
            $row.Source | Should -BeLike '*/memory.stat'
            $limit = Get-ShmLimit ($row.Name -replace ' shmem$') -ErrorAction Ignore
            $row.Value | Should -Be $limit.Value
            Get-Content $row.Source -Raw | Should -Match '(?m)^(shmem|total_shmem|shmem) \d+'
        }
    }
}

Describe 'A /dev/shm of another kind' -Tag Root -Skip:$noRoot {
    BeforeAll {
        # One host for all: it mounts what each needs in a mount namespace of its own.
        $said = Invoke-ChildHost -Through 'unshare', '-m', '--propagation', 'private' -Script {
            function Say($Case) {
                $mapping = New-ShmSegment /x -Size 1KB -Mount
                $removed = New-ShmSegment /gone -Size 1KB -Mount
                Remove-ShmSegment /gone
                $check = Test-ShmHost ShmMount
                $held = Get-ShmAttachment -ProcessId $PID |
                    ForEach-Object { "$($_.Segment)$(if ($_.IsRemoved) { '!' })" } | Sort-Object
                $inUse = (Get-ShmStat /x).HolderCount
                $mapping.Dispose()
                $free = (Get-ShmStat /x).Verdict
                Remove-ShmSegment /x
                $removed.Dispose()
                "$Case|$($check.Result)|$($check.Detail)|$held|$inUse|$free"
            }
            $work = [IO.Directory]::CreateTempSubdirectory('pst-mounts-').FullName
            & mount -t tmpfs tmpfs $work
            & mkdir "$work/shm" "$work/u" "$work/w" "$work/l"
            & chmod 1777 "$work/shm"
            & mount -t overlay over -o "lowerdir=$work/l,upperdir=$work/u,workdir=$work/w" /dev/shm
            Say overlay
            & umount /dev/shm
            & mount --bind "$work/shm" /dev/shm
            Say bind
            & umount /dev/shm
            if ([bool] (Get-Command mkfs.ext4 -ErrorAction Ignore)) {
                & truncate -s 32M "$work/disk"
                & mkfs.ext4 -q "$work/disk"
                $null = & mount -o loop "$work/disk" /dev/shm 2>&1
                if ($LASTEXITCODE -eq 0) {
                    & chmod 1777 /dev/shm
                    Say ext4
                    & umount /dev/shm
                }
            }
            # Part of it at a second place below itself, and another file system below it.
            & mkdir /dev/shm/a /dev/shm/b /dev/shm/c
            & mount --bind /dev/shm/a /dev/shm/b
            & mount -t tmpfs inner /dev/shm/c
            [IO.File]::WriteAllText('/dev/shm/a/one', '1')
            [IO.File]::WriteAllText('/dev/shm/c/two', '2')
            $stream = [IO.File]::Open('/dev/shm/b/one', 'Open')
            $below = (Get-ShmSegment '/*' -Recurse).Name, (Get-ShmStat /a/one).HolderCount -join ' '
            $mounts = Get-ShmLimit '/dev/shm mount points'
            Get-ShmSegment /c/two -ErrorAction SilentlyContinue -ErrorVariable failed
            "below|$($mounts.Use)|$($mounts.Description)|$below|$($failed.FullyQualifiedErrorId)|"
            $stream.Dispose()
            & umount /dev/shm/b /dev/shm/c
            & rm -r /dev/shm/a /dev/shm/b /dev/shm/c
            & mount -t tmpfs first /dev/shm
            $mapping = New-ShmSegment /covered -Size 8KB -Mount
            & mount -t tmpfs second /dev/shm
            $held = Get-ShmAttachment -ProcessId $PID
            $result = (Test-ShmHost ShmMount).Result
            $count = @(Get-ShmSegment -Kind Posix).Count
            "covered|$result||$($held.Segment.Name) $($held.Segment.Size)|$($held.Namespace)|$count"
            $mapping.Dispose()
            & mount -t tmpfs tmpfs /dev
            foreach ($device in 'null 1 3', 'zero 1 5', 'urandom 1 9', 'random 1 8', 'tty 5 0') {
                $n, $a, $b = -split $device
                & mknod -m 666 "/dev/$n" c $a $b
            }
            & ln -s "$work/shm" /dev/shm
            Say link
            & umount -l /dev
            & umount -l $work
            & rmdir $work
        }
        $rows = @{}
        foreach ($line in $said) {
            $case, $result, $detail, $held, $inUse, $free = $line -split '\|'
            $rows[$case] =
                [pscustomobject]@{ Result = $result; Detail = $detail; Held = $held; InUse = $inUse; Free = $free }
        }
    }

    It 'is told, and what is in it still attributed: <Case>' -ForEach @(
        @{ Case = 'overlay'; Result = 'Fail'; Detail = '*overlay, not tmpfs*' }
        @{ Case = 'bind'; Result = 'Warning'; Detail = '*' }
        @{ Case = 'ext4'; Result = 'Fail'; Detail = '*ext4, not tmpfs*' }
        @{ Case = 'link'; Result = '*'; Detail = '*is a link to */shm*' }
    ) {
        if ($Case -eq 'ext4' -and -not $rows[$Case]) {
            Set-ItResult -Skipped -Because 'no file system of a file can be mounted here'
            return
        }
        $rows[$Case].Result | Should -BeLike $Result
        $rows[$Case].Detail | Should -BeLike $Detail
        $rows[$Case].Held | Should -Be '/gone! /x'
        $rows[$Case].InUse | Should -Be 1
        $rows[$Case].Free | Should -Be 'Unattached'
    }

    It 'has what is mounted below it told, each object once, and holders through every mount' {
        $rows['below'].Result, $rows['below'].Detail | Should -Be 2, '/b, /c'
        $rows['below'].Held | Should -Be '/a/one 1'
        $rows['below'].InUse | Should -BeLike 'InvalidName,*'
    }

    It 'keeps its holders when a later mount covers it' {
        $rows['covered'].Result | Should -Be 'Warning'
        $rows['covered'].Held | Should -Be '/covered 8192'
        $rows['covered'].InUse | Should -BeNullOrEmpty
        $rows['covered'].Free | Should -Be 0
    }
}

Describe "The balance of the kernel's Shmem" -Tag Root -Skip:$noRoot {
    BeforeAll {
        # Each kind by a process that is elsewhere: other IPC and mount namespaces, no name, no mapping.
        $program = @'
import ctypes, mmap, os, subprocess, sys
libc = ctypes.CDLL(None)
subprocess.check_call(['mount', '-t', 'tmpfs', 'tmpfs', '/dev/shm'])
with open('/dev/shm/there', 'wb') as f: f.write(b'x' * (24 << 20))
libc.shmat.restype = ctypes.c_void_p
p = libc.shmat(libc.shmget(0, 16 << 20, 0o1600), None, 0)
ctypes.memset(p, 1, 16 << 20)
m = mmap.mmap(-1, 96 << 20); m.write(b'x' * (96 << 20))
f = os.memfd_create('held'); os.write(f, b'x' * (64 << 20))
print('ready', flush=True); sys.stdin.readline()
'@
        $before = @{}
        Get-ShmLimit Shmem* | ForEach-Object { $before[$_.Name] = $_.Use }
        $peer = Start-Program unshare '-i', '-m', '--propagation', 'private', 'python3', '-c', $program
        $null = $peer.StandardOutput.ReadLine()
        $rows = @{}
        Get-ShmLimit Shmem* | ForEach-Object { $rows[$_.Name] = $_ }
        $there = @{}
        Get-ShmLimit -Namespace $peer.Id | ForEach-Object { $there[$_.Name] = $_ }
        $kernel = 1KB * (Select-String '^Shmem:\s+(\d+)' /proc/meminfo).Matches.Groups[1].Value
    }
    AfterAll {
        $peer.StandardInput.WriteLine()
        $peer.WaitForExit()
    }

    It 'adds up to what the kernel counts' {
        $parts = $rows.Values | Where-Object PartOf -EQ Shmem
        $parts.Name | Sort-Object | Should -Be 'Shmem /dev/shm', 'Shmem anonymous', 'Shmem memfd', 'Shmem other tmpfs',
            'Shmem System V', 'Shmem unknown'
        ($parts | Measure-Object Use -Sum).Sum | Should -Be $rows['Shmem'].Use
        # Other processes come and go meanwhile.
        [Math]::Abs([double] $rows['Shmem'].Use - $kernel) | Should -BeLessThan 256MB
    }

    It 'finds <Bytes> bytes more in <Part>' -ForEach @(
        @{ Part = 'System V'; Bytes = 16MB }
        @{ Part = 'other tmpfs'; Bytes = 24MB }
        @{ Part = 'anonymous'; Bytes = 96MB }
    ) {
        # What other tests have at the same time is small.
        $more = [double] $rows["Shmem $Part"].Use - $before["Shmem $Part"]
        $more | Should -BeGreaterThan ($Bytes - 8MB)
        $more | Should -BeLessThan ($Bytes + 48MB)
    }

    It 'finds the memfd' {
        # Each .NET process has one of tens of MB too.
        $rows['Shmem memfd'].Use | Should -BeGreaterThan 64MB
    }

    It 'has the parts of another namespace, which add up there' {
        foreach ($whole in 'System V memory', '/dev/shm size') {
            $parts = @($there.Values | Where-Object PartOf -EQ $whole)
            ($parts | Measure-Object Use -Sum).Sum | Should -Be $there[$whole].Use
        }
        $there['System V listed'].Use | Should -Be 16MB
        $there['/dev/shm size'].Use, $there['/dev/shm listed'].Use | Should -Be 24MB, 24MB
        $there['/dev/shm size'].Namespace | Should -BeLike 'shm:*'
        $there['Shmem'] | Should -BeNullOrEmpty
    }
}
