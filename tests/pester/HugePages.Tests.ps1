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

    It 'take the place of others also where the kernel moves none, as before Linux 5.16' -Skip:(
        -not (Test-Path /usr/bin/strace)) {
        . "$PSScriptRoot/ChildHost.ps1"
        $log = [System.IO.Path]::GetTempFileName()
        $segment = New-Huge SysV 2MB
        ($segment | Mount-ShmSegment).Writer.WriteInt32(0, 5)
        $answer = Invoke-ChildHost -Through strace, -f, -qq, -o, $log, -e, trace=mremap, -e,
            inject=mremap:error=EINVAL -Script @"
            `$segment = Get-ShmSegment -Id $($segment.Id)
            `$old = `$segment | Mount-ShmSegment -Address 0x240000000000
            `$new = `$segment | Mount-ShmSegment -Address 0x240000000000 -Replace -Force
            "`$(`$old.IsMounted) `$(`$new.Reader.ReadInt32(0))"
            (-split (ipcs -m | Where-Object { (-split `$_)[1] -eq $($segment.Id) }))[5]
"@
        $answer | Should -Be @('False 5', '2')
        Get-Content $log -Raw | Should -BeLike '*mremap(*0x240000000000*EINVAL*INJECTED*'
        Remove-Item $log -ErrorAction Ignore
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
