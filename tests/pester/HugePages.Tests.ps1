# Segments of huge pages. The pool is filled for these tests and given back as it was.

BeforeDiscovery {
    $pool = '/sys/kernel/mm/hugepages/hugepages-2048kB'
    $canFill = [System.Environment]::UserName -eq 'root' -and (Test-Path $pool)
    $kinds = @{ Kind = 'SysV' }, @{ Kind = 'MemFd' }
}

Describe 'Huge pages' -Skip:(-not $canFill) -Tag Root, HugePages {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
        . "$PSScriptRoot/MemoryMaps.ps1"
        $pool = '/sys/kernel/mm/hugepages/hugepages-2048kB'
        function Get-Pool($Field) { [int](Get-Content "$pool/$Field" -Raw).Trim() }
        $before = Get-Pool nr_hugepages
        Set-Content "$pool/nr_hugepages" ($before + 16)

        # What the pool has free; a memfd that an earlier test dropped gives its pages back when it is collected.
        function Get-FreePage {
            [GC]::Collect()
            [GC]::WaitForPendingFinalizers()
            (Get-Pool free_hugepages) - (Get-Pool resv_hugepages)
        }

        function New-Huge($Kind, $Size, [switch] $Sparse) {
            if ($Kind -eq 'SysV') {
                New-ShmSegment -Private -Size $Size -HugePageSize 2MB -Sparse:$Sparse -ErrorAction Stop
            }
            else { New-ShmSegment -Anonymous -Size $Size -HugePageSize 2MB -Sparse:$Sparse -ErrorAction Stop }
        }
    }

    AfterAll { Set-Content "$pool/nr_hugepages" $before }

    BeforeEach {
        # The pool is the host's: no namespace keeps others from it.
        $spare = Get-FreePage
        if ($spare -lt 4) { Set-ItResult -Skipped -Because "the pool has $spare free huge pages, and this needs 4" }
    }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        if ($segment.Kind -eq 'SysV') { $segment | Remove-ShmSegment }
        # A memfd lives as long as an error record that has it: what it holds goes back to the pool now.
        elseif ($segment) { $segment | Resize-ShmSegment -Size 2MB -Force }
        $Error.Clear()
        $segment = $null
    }

    It 'back a segment, as smaps shows, and copies are guarded: <Kind>' -ForEach $kinds {
        $segment = New-Huge $Kind 4MB
        $mapping = $segment | Mount-ShmSegment
        $mapping.PageSize | Should -Be 2MB
        $mapping.IsGuarded | Should -BeTrue
        Get-SmapsField $mapping.Address KernelPageSize | Should -Be '2048 kB'
        $mapping.Writer.WriteInt32(3MB, 5)
        $mapping.Reader.ReadInt32(3MB) | Should -Be 5
        $mapping.Dispose()
        Get-Content /proc/self/maps -Raw | Should -Not -BeLike '*memfd:pwsh*'
    }

    It 'are in the status of the segment that was made, however it is found: <Kind>' -ForEach $kinds {
        $segment = New-Huge $Kind 4MB
        $segment.Status | Should -Be 'HugePages'
        if ($Kind -eq 'SysV') {
            (Get-ShmSegment -Id $segment.Id).Status | Should -Be 'HugePages'
            $segment | Set-ShmSegment -Mode 0640 -PassThru | ForEach-Object Status | Should -Be 'HugePages'
        }
        $mapping = $segment | Mount-ShmSegment
        $mapping.Segment.Status | Should -Be 'HugePages'
        ($mapping | Get-ShmStat).Status | Should -Be 'HugePages'
        (Get-ShmAttachment $mapping).Segment.Status | Should -Be 'HugePages'
        $mapping.Dispose()
        if ($Kind -eq 'SysV') {
            # The next one with ordinary pages is another.
            $segment | Remove-ShmSegment
            $segment = New-ShmSegment -Private -Size 4MB
            $segment.Status | Should -Be 'None'
            ($segment | Mount-ShmSegment).Segment.Status | Should -Be 'None'
        }
    }

    It 'of another program are in the status once a process has mapped them, and are not touched to find out' {
        # IPC_PRIVATE; IPC_CREAT, SHM_HUGETLB, 0600.
        $segment = Get-ShmSegment -Id (perl -e 'print shmget(0, 4 << 20, 05600) // die $!')
        function Get-Times {
            (-split (Get-Content /proc/sysvipc/shm | Where-Object { (-split $_)[1] -eq $segment.Id }))[5..13]
        }
        $times = Get-Times
        ($segment | Get-ShmStat).Status | Should -Be 'None'
        Get-Times | Should -Be $times

        $start = [System.Diagnostics.ProcessStartInfo]@{
            FileName = 'perl'; RedirectStandardInput = $true; RedirectStandardOutput = $true
        }
        '-MIPC::SysV=shmat', '-e', 'shmat($ARGV[0], undef, 0) // die $!; $| = 1; print "\n"; <STDIN>', $segment.Id |
            ForEach-Object { $start.ArgumentList.Add($_) }
        $holder = [System.Diagnostics.Process]::Start($start)
        try {
            $null = $holder.StandardOutput.ReadLine()
            ($segment | Get-ShmStat).Status | Should -Be 'HugePages'
            ($segment | Get-ShmAttachment).Segment.Status | Should -Be 'HugePages'
            (Get-ShmSegment -Id $segment.Id).Status | Should -Be 'HugePages'
        }
        finally {
            $holder.StandardInput.Close()
            $holder.WaitForExit()
        }
    }

    It 'are replaced only as wholes, and what is left is guarded' {
        $segment = New-Huge SysV 6MB
        $mapping = $segment | Mount-ShmSegment -Address 0x260000000000
        0..2 | ForEach-Object { $mapping.Writer.WriteInt32($_ * 2MB, $_ + 1) }
        $small = New-ShmSegment -Anonymous -Size 4KB
        foreach ($at in 2MB, (2MB + 4KB), (6MB - 4KB)) {
            { $small | Mount-ShmSegment -Address (0x260000000000 + $at) -Replace -Force -ErrorAction Stop } |
                Should -Throw -ErrorId 'InvalidAddress*'
        }
        $mapping.Regions.State | Should -Be 'Mapped'

        $other = New-ShmSegment -Anonymous -Size 2MB
        $new = $other | Mount-ShmSegment -Address 0x260000200000 -Replace -Force
        $new.Writer.WriteInt32(0, 9)
        $mapping.Regions.State | Should -Be 'Mapped', 'Hole', 'Mapped'
        $mapping.Reader.ReadInt32(0), $mapping.Reader.ReadInt32(4MB) | Should -Be 1, 3
        (-split (ipcs -m | Where-Object { (-split $_)[1] -eq $segment.Id }))[5] | Should -Be '2'
        $mapping.Dispose()
        $new.Reader.ReadInt32(0) | Should -Be 9
        (-split (ipcs -m | Where-Object { (-split $_)[1] -eq $segment.Id }))[5] | Should -Be '0'
    }

    It 'hold a segment that is smaller than one: <Kind>' -ForEach $kinds {
        $size = if ($Kind -eq 'SysV') { 1MB } else { 2MB }
        $segment = New-Huge $Kind $size
        $mapping = $segment | Mount-ShmSegment
        $mapping.Length | Should -Be $size
        @(Get-MapsArea $mapping)[0].Length | Should -Be 2MB
        { Read-ShmData $mapping -Offset $size -As Byte -Count 1 -ErrorAction Stop } |
            Should -Throw -ErrorId 'OutOfRange*'
    }

    It 'run out under a sparse segment: NoSpace with the bytes done: <Kind>' -ForEach $kinds {
        $free = (Get-Pool free_hugepages) - (Get-Pool resv_hugepages)
        $segment = New-Huge $Kind (($free + 2) * 2MB) -Sparse
        $mapping = $segment | Mount-ShmSegment
        $error1 = $null
        try { $mapping.Writer.WriteBytes(0, [byte[]]::new(($free + 2) * 2MB)) }
        catch { $error1 = $_.Exception.InnerException }
        $error1.ErrorId | Should -Be 'NoSpace'
        $error1.BytesDone | Should -Be ($free * 2MB)
        { Read-ShmData $mapping -Offset (($free + 1) * 2MB) -As Int32 -ErrorAction Stop } |
            Should -Throw -ErrorId 'NoSpace*'
    }

    It 'that are lacking for the copy of a copy-on-write page are NoSpace: <Case>' -ForEach @(
        @{ Case = 'write'; Use = { Write-ShmData $args[0] 8 -ErrorAction Stop } }
        @{ Case = 'fill'; Use = { Clear-ShmData $args[0] -ErrorAction Stop } }
        @{ Case = 'atomic'; Use = { Update-ShmValue $args[0] 0 -Add 1 -ErrorAction Stop } }
        @{ Case = 'mutex'; Use = { New-ShmMutex $args[0] 64 -ErrorAction Stop } }
        @{ Case = 'semaphore'; Use = { New-ShmSemaphore $args[0] 64 -ErrorAction Stop } }
    ) {
        $segment = New-Huge MemFd 2MB
        $shared = $segment | Mount-ShmSegment
        $shared.Writer.WriteInt32(0, 7)
        $private = $segment | Mount-ShmSegment -CopyOnWrite
        # Whatever is free goes to another; a page that may be copied is not among what the pool has reserved.
        $rest = New-Huge SysV (((Get-Pool free_hugepages) - (Get-Pool resv_hugepages)) * 2MB)
        $null = $rest | Mount-ShmSegment -Populate
        { & $Use $private } | Should -Throw -ErrorId 'NoSpace*'
        Read-ShmData $private -As Int32 | Should -Be 7
        $shared.Reader.ReadInt32(0) | Should -Be 7
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        $rest | Remove-ShmSegment
    }

    It 'that are not there are NoSpace, and a size that is not offered is InvalidSize: <Kind>' -ForEach $kinds {
        { New-Huge $Kind 4GB } | Should -Throw -ErrorId 'NoSpace*'
        $arguments = if ($Kind -eq 'SysV') { @{ Private = $true } } else { @{ Anonymous = $true } }
        { New-ShmSegment @arguments -Size 2MB -HugePageSize 4MB -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidSize*'
        if ($Kind -eq 'MemFd') { { New-Huge MemFd 1MB } | Should -Throw -ErrorId 'InvalidSize*' }
        { New-ShmSegment @arguments -Size 2MB -HugePageSize 3MB -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidSize*'
        { New-ShmSegment @arguments -Size 2MB -HugePageSize -2MB -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidSize*'
    }

    It 'are the pages that protection and advice count in: <Kind>' -ForEach $kinds {
        $segment = New-Huge $Kind 4MB
        $mapping = $segment | Mount-ShmSegment
        { Set-ShmProtection $mapping Read -Offset 4096 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidOffset*'
        Set-ShmProtection $mapping Read -Offset 2MB -Length 1
        Get-KernelPicture $mapping | Should -Be @('0 2097152 rw-', '2097152 2097152 r--')
        Get-BookPicture $mapping | Should -Be @('0 2097152 rw-', '2097152 2097152 r--')
    }

    It 'are the pages that views and holes of a memfd count in' {
        $segment = New-Huge MemFd 6MB
        { $segment | Mount-ShmSegment -Offset 4096 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidOffset*'
        $mapping = $segment | Mount-ShmSegment -Offset 2MB
        $mapping.Length | Should -Be 4MB
        Dismount-ShmSegment $mapping -Length 2MB
        $mapping.Regions.State | Should -Be @('Hole', 'Mapped')
        Get-KernelPicture $mapping | Should -Be @('0 2097152 ---', '2097152 2097152 rw-')
    }

    It 'keep -Replace from reaching further than was known' {
        $segment = New-Huge SysV 1MB
        $small = New-ShmSegment -Anonymous -Size 2MB -Mount
        $old = $small.Segment | Mount-ShmSegment -Address 0x220000000000
        $next = $small.Segment | Mount-ShmSegment -Address 0x220000200000
        $new = $segment | Mount-ShmSegment -Address 0x220000000000 -Replace -Force
        $old.IsMounted | Should -BeFalse
        $next.IsMounted | Should -BeTrue
        @(Get-MapsArea $new)[0].Length | Should -Be 2MB
        { $segment | Mount-ShmSegment -Address 0x220000401000 -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidAddress*'
    }

    It 'take the place of others also where the kernel moves none, as before Linux 5.16: <What>' -ForEach @(
        @{ What = 'with all calls'; Deny = $null }, @{ What = 'where shmdt is refused'; Deny = 'shmdt' }
    ) -Skip:(-not (Test-Path /usr/bin/setarch) -or -not (Get-Command cc -CommandType Application -ErrorAction Ignore)) {
        . "$PSScriptRoot/ChildHost.ps1"
        . "$PSScriptRoot/Peers.ps1"
        $filter = $Deny ? @((Get-NativeProgram deny.c), 1, $Deny) : @()
        $segment = New-Huge SysV 2MB
        ($segment | Mount-ShmSegment).Writer.WriteInt32(0, 5)
        # Such a kernel refuses mremap, but has unmapped the place by then: this one is told to look like it.
        Invoke-ChildHost -Through (@("setarch", "--uname-2.6") + $filter) -Script @"
            [System.Environment]::OSVersion.Version.Major
            `$segment = Get-ShmSegment -Id $($segment.Id)
            `$old = `$segment | Mount-ShmSegment -Address 0x240000000000
            foreach (`$protection in 'Read, Write', 'None') {
                `$new = `$segment | Mount-ShmSegment -Address 0x240000000000 -Replace -Force -Protection `$protection
                "`$(`$old.IsMounted) `$(`$new.IsMounted)"
                (-split (ipcs -m | Where-Object { (-split `$_)[1] -eq $($segment.Id) }))[5]
                @(Get-Content /proc/self/maps | Where-Object { `$_ -like '240000000000-240000200000*' }).ForEach{ (-split `$_)[1] }
                `$old = `$new
            }
"@ | Should -Be @('2', 'False True', '2', 'rw-s', 'False True', '2', '---s')
    }

    It 'grow under a mapping where the addresses behind it are free' {
        $segment = New-Huge MemFd 2MB
        $mapping = $segment | Mount-ShmSegment -Address 0x230000000000
        $segment | Resize-ShmSegment -Size 4MB
        $mapping.Length | Should -Be 4MB
        $mapping.Writer.WriteInt32(3MB, 1)
        $segment | Resize-ShmSegment -Size 2MB -Force
        Get-KernelPicture $mapping | Should -Be '0 2097152 rw-'
        { $segment | Resize-ShmSegment -Size 3MB -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidSize*'
    }
}
