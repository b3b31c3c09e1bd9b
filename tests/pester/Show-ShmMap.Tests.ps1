# The picture of a segment: each kind of page where it is, each holder with its part, in text and in SVG.

BeforeDiscovery {
    # The peers here know the numbers of system calls of x64.
    $noX64 = [Runtime.InteropServices.RuntimeInformation]::OSArchitecture -ne 'X64'
    $noTracer = -not (Get-Command strace -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . "$PSScriptRoot/ChildHost.ps1"
    . "$PSScriptRoot/Peers.ps1"
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-map-$PID"
}

Describe 'Show-ShmMap' {
    BeforeEach { $mapping = New-ShmSegment $name -Size 64KB -Sparse -Mount }

    AfterEach {
        Get-ShmMapping | ForEach-Object { $_.Dispose() }
        Remove-ShmSegment $name
    }

    It 'tells touched pages from untouched, protected and unmapped ones' {
        Write-ShmData $mapping 1 -Offset 0
        Write-ShmData $mapping 1 -Offset 12KB
        Set-ShmProtection $mapping -Protection Read -Offset 32KB -Length 8KB
        Dismount-ShmSegment $mapping -Offset 48KB -Length 4KB

        $map = Show-ShmMap $mapping
        ($map.Runs | ForEach-Object { "$($_.Offset / 4KB)+$($_.Length / 4KB) $($_.State)" }) -join ', ' | Should -Be (
            '0+1 Resident, 1+2 Absent, 3+1 Resident, 4+4 Absent, 8+2 Protected, 10+2 Absent, 12+1 Hole, 13+3 Absent')
        stat -c '%b' "/dev/shm$name" | Should -Be '16'
    }

    It 'shows a last page of which the segment has a part, as a peer has left it' {
        $null = New-ShmSegment "/pst-map-part-$PID" -Size 64KB
        perl -e 'truncate $ARGV[0], 8200 or die $!' "/dev/shm/pst-map-part-$PID"
        $map = Show-ShmMap "/pst-map-part-$PID" -ErrorAction Stop
        $map.Length | Should -Be 12288
        Remove-ShmSegment "/pst-map-part-$PID"
    }

    It 'touches nothing' {
        $null = Show-ShmMap $mapping
        stat -c '%b' "/dev/shm$name" | Should -Be '0'
    }

    It 'shows who holds which part' {
        $view = Mount-ShmSegment $name -ReadOnly -Offset 16KB -Length 16KB
        $holders = (Show-ShmMap $mapping).Holders
        @($holders |
            Where-Object {
                $_.ProcessId -eq $PID -and $_.Offset -eq 16KB -and $_.Length -eq 16KB -and $_.Protection -eq 'Read'
            }).Count |
            Should -Be 1
        @($holders | Where-Object { $_.ProcessId -eq $PID -and $_.Offset -eq 0 -and $_.Length -eq 64KB }).Count |
            Should -Be 1
        $view.Dispose()
    }

    It 'does not count its own look at a segment as a holder' {
        $mapping.Dispose()
        (Show-ShmMap $name).Holders | Should -BeNullOrEmpty
        (Get-ShmSegment $name | Show-ShmMap).Holders | Should -BeNullOrEmpty
    }

    It 'draws a row for each 64 cells, with its offset' {
        Write-ShmData $mapping 1 -Offset 4KB
        $lines = [PSSharedMemory.Commands.ShmMapText]::Draw((Show-ShmMap $mapping), $null).Split("`n")
        $lines[2] | Should -BeExactly '0x00000000  ·█··············'
        $lines[4] | Should -BeLike '*absent 60 KB*resident 4 KB*'
    }

    It 'shows a hole in a large segment, however small it is beside the rest' {
        $large = New-ShmSegment "$name-large" -Size 64MB -Sparse -Mount
        Dismount-ShmSegment $large -Offset 8KB -Length 4KB
        $text = [PSSharedMemory.Commands.ShmMapText]::Draw((Show-ShmMap $large), $null)
        $text | Should -BeLike '*16 in a cell*'
        $text.Split("`n")[2] | Should -BeLike '0x00000000   ·*'
        $large.Dispose()
        Remove-ShmSegment "$name-large"
    }

    It 'draws one line for the many areas of a process, and all of them with -Full' -Skip:$noX64 {
        # A peer that closes every second page: 300 areas.
        $large = New-ShmSegment "$name-areas" -Size (600 * 4KB) -Sparse
        $peer = Start-Program perl '-e', @'
            open(my $f, "+<", $ARGV[0]) or die; $| = 1; my $n = 600 * 4096;
            my $p = syscall(9, 0, $n, 3, 1, fileno $f, 0); die if $p == -1;
            for (my $i = 0; $i < 600; $i += 2) { syscall(10, $p + $i * 4096, 4096, 1) == 0 or die }
            print "ready\n"; <STDIN>
'@, "/dev/shm$name-areas"
        try {
            $peer.StandardOutput.ReadLine() | Should -BeExactly 'ready'
            $map = Show-ShmMap $large
            $map.Holders.Count | Should -Be 600
            $lines = [PSSharedMemory.Commands.ShmMapText]::Draw($map, $null).Split("`n")
            $bars = @($lines -match '━')
            $bars | Should -HaveCount 2
            $lines | Should -Contain "$($peer.Id) perl  600 areas"
            $bars[0].Trim() | Should -BeExactly "r--       $('━' * 64)"
            $full = [PSSharedMemory.Commands.ShmMapText]::Draw((Show-ShmMap $large -Full), $null).Split("`n")
            @($full -match '━') | Should -HaveCount 600
            $svg = [xml] (Get-Content (Show-ShmMap $large -OutFile "$TestDrive/map.svg") -Raw)
            @($svg.svg.rect | Where-Object fill -EQ '#4a6fa5') | Should -HaveCount 2
            $svg.svg.text.InnerText -match '300 areas' | Should -HaveCount 2
        }
        finally {
            $peer.StandardInput.Close()
            $peer.WaitForExit()
            Remove-ShmSegment $large
        }
    }

    It 'draws the processes that hold the most, counts the others, and draws all with -Full' -Skip:$noX64 {
        $large = New-ShmSegment "$name-many" -Size 8KB -Sparse
        # 18 children hold a page, the first process two.
        $peer = Start-Program perl '-e', @'
            open(my $f, "+<", $ARGV[0]) or die; $| = 1; pipe(my $r, my $w);
            my $p = syscall(9, 0, 8192, 3, 1, fileno $f, 0);
            for (1 .. 18) {
                next if fork; syscall(11, $p, 4096); close $w; print "$$\n"; <$r>; exit
            }
            <STDIN>
'@, "/dev/shm$name-many"
        try {
            $null = 1..18 | ForEach-Object { $peer.StandardOutput.ReadLine() }
            $map = Show-ShmMap $large
            $text = [PSSharedMemory.Commands.ShmMapText]::Draw($map, $null)
            @($text.Split("`n") -match '━') | Should -HaveCount 16
            $text | Should -BeLike "*$($peer.Id) perl*3 more processes; -Full draws all.*"
            @([PSSharedMemory.Commands.ShmMapText]::Draw((Show-ShmMap $large -Full), $null).Split("`n") -match '━') |
                Should -HaveCount 19
        }
        finally {
            $peer.StandardInput.Close()
            $peer.WaitForExit()
            Remove-ShmSegment $large
        }
    }

    It 'writes the same as SVG' {
        $folder = [System.IO.Directory]::CreateTempSubdirectory().FullName
        $file = Show-ShmMap $mapping -OutFile "$folder/map.svg"
        $file.FullName | Should -Be "$folder/map.svg"
        $svg = [xml](Get-Content $file.FullName -Raw)
        @($svg.svg.rect | Where-Object { $_.fill -eq '#dfe3e6' }).Count | Should -Be 17
        $svg.svg.text.InnerText -join ' ' | Should -BeLike "*$name*64 KB*$PID*"
        Remove-Item $folder -Recurse -Force
    }

    It 'writes no file with -WhatIf' {
        Show-ShmMap $mapping -OutFile "/tmp/pst-map-$PID.svg" -WhatIf
        Test-Path "/tmp/pst-map-$PID.svg" | Should -BeFalse
    }

    It 'shows System V segments as well' {
        $private = New-ShmSegment -Private -Size 16KB -Mount -Ephemeral
        Write-ShmData $private 1 -Offset 4KB
        (Show-ShmMap $private).Runs.State | Should -Be @('Absent', 'Resident', 'Absent')
        $private.Dispose()
    }

    It 'shows a part of an object as it shows the whole' {
        Write-ShmData $mapping 1 -Offset 12KB
        $view = Mount-ShmSegment $name -Offset 8KB -Length 16KB
        (Show-ShmMap $view).Runs.State | Should -Be @('Absent', 'Resident', 'Absent')
        $view.Dispose()
    }

    It 'shows an object that was removed, as it is now' {
        $gone = New-ShmSegment "$name-gone" -Size 64KB -Mount
        perl -e 'for my $size (8192, 65536) { truncate $ARGV[0], $size or die $! }' "/dev/shm$name-gone"
        Write-ShmData $gone 1 -Offset 32KB
        Remove-ShmSegment "$name-gone"
        $map = Show-ShmMap $gone -ErrorAction Stop
        $map.Runs[0].State, $map.Runs.Where({ $_.Offset -le 32KB }, 'Last')[0].State | Should -Be 'Absent', 'Resident'
        $gone.Dispose()
    }

    It 'shows a page that was taken away as absent' {
        Write-ShmData $mapping 1 -Offset 40KB
        perl -e 'truncate $ARGV[0], 8192 or die $!' "/dev/shm$name"
        { Read-ShmData $mapping -Offset 40KB -As Byte -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentTruncated*'
        (Show-ShmMap $mapping).Runs.State | Should -Be 'Absent'
    }

    It 'asks about the pages of 200 GB that exist, and not about the rest' -Skip:$noTracer {
        $log = Join-Path $TestDrive 'mincore'
        # Of System V segments only who may checkpoint can know.
        perl -e 'open my $area, "<", (glob "/proc/$$/map_files/*")[0] or exit 1'
        $kinds = @("@{ Name = '$name-vast' }", "@{ Anonymous = `$true; Label = 'pst-vast' }") +
            @('@{ Private = $true }' | Where-Object { $LASTEXITCODE -eq 0 })
        $answer = Invoke-ChildHost -Through strace, -f, --seccomp-bpf, -qq, -e, trace=mincore, -o, $log -Script @"
$($kinds -join ', ') | ForEach-Object {
    `$vast = New-ShmSegment @_ -Size 200GB -Sparse -Mount
    Write-ShmData `$vast 1 -Offset 4KB
    Write-ShmData `$vast 1 -Offset 150GB
    ((Show-ShmMap `$vast).Runs | ForEach-Object { "`$(`$_.Offset / 4KB)+`$(`$_.Length / 4KB)" }) -join ' '
    `$vast.Dispose()
    if (`$vast.Segment.Kind -ne 'MemFd') { Remove-ShmSegment `$vast.Segment }
}
"@
        $answer | Should -Be (@('0+1 1+1 2+39321598 39321600+1 39321601+13107199') * $kinds.Count)
        $asked = [regex]::Matches((Get-Content -LiteralPath $log -Raw), 'mincore\(\w+, (\d+)').ForEach({
                [long]$_.Groups[1].Value }) | Measure-Object -Sum
        $asked.Sum | Should -BeGreaterThan 0
        $asked.Sum | Should -BeLessThan 64MB
    }

    It 'says what it cannot find' {
        { Show-ShmMap "$name-none" -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        $mapping.Dispose()
        { Show-ShmMap $mapping -ErrorAction Stop } | Should -Throw -ErrorId 'MappingDismounted*'
    }
}
