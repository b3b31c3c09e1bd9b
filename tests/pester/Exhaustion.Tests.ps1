# Each in a host of its own: were a promise broken, the host would end, and not the suite.
BeforeAll {
    Import-Module ([IO.Path]::GetFullPath("$PSScriptRoot/../../out/PSSharedMemory")) -Force
    . $PSScriptRoot/ChildHost.ps1
}

Describe 'A process that has spent what the kernel gives it' {
    It 'is told so when pages of a mapping differ too often, and lives (vm.max_map_count)' {
        $said = Invoke-ChildHost {
            $mapping = New-ShmSegment -Anonymous -Label pst-exhaust -Size 1GB -Sparse -Mount
            $problem = $null
            for ($i = 0L; $i -lt 250000 -and -not $problem; $i += 2) {
                try { $mapping.Protect('None', $i * 4096, 4096) } catch { $problem = $_.Exception.GetBaseException() }
            }
            "refused: $($problem.ErrorId)"
            "reads: $($mapping.Reader.ReadInt32(4096))"
            $most = [long][IO.File]::ReadAllText('/proc/sys/vm/max_map_count')
            $areas = [IO.File]::ReadAllLines('/proc/self/maps').Count
            "near the limit, and within: $($areas -gt $most / 2 -and $areas -lt $most)"
            $mapping.Protect('Read', 0, 0)
            "merged: $($mapping.Regions.Count)"
            $mapping.Protect('None', 0, 4096)
            "regions: $($mapping.Regions.Count)"
        }.ToString()
        $said | Should -Be 'refused: LimitReached', 'reads: 0', 'near the limit, and within: True', 'merged: 1',
            'regions: 2'
    }

    It 'is told so when it <What> too often, and lives (vm.max_map_count)' -ForEach @(
        @{ What = 'unmaps pages'; Call = '$mapping.Unmap($i * 4096, 4096)' }
        @{ What = 'advises pages'; Call = "`$mapping.Advise('DontDump', `$i * 4096, 4096)" }
        @{ What = 'advises pages otherwise'; Call = "`$mapping.Advise('Random', `$i * 4096, 4096)" }
    ) {
        $said = Invoke-ChildHost @"
            `$mapping = New-ShmSegment '/pst-exhaust-areas-$PID' -Size 1GB -Sparse -Mount
            `$problem = `$null
            for (`$i = 0L; `$i -lt 250000 -and -not `$problem; `$i += 2) {
                try { $Call } catch { `$problem = `$_.Exception.GetBaseException() }
            }
            "refused: `$(`$problem.ErrorId)"
            "reads: `$(`$mapping.Reader.ReadInt32(4096))"
            `$most = [long][IO.File]::ReadAllText('/proc/sys/vm/max_map_count')
            `$areas = [IO.File]::ReadAllLines('/proc/self/maps').Count
            "near the limit, and within: `$(`$areas -gt `$most / 2 -and `$areas -lt `$most)"
            `$mapping.Dispose()
            Remove-ShmSegment '/pst-exhaust-areas-$PID'
"@
        $said | Should -Be 'refused: LimitReached', 'reads: 0', 'near the limit, and within: True'
    }

    It 'lives when a peer takes every second page, more than there are areas for (vm.max_map_count)' {
        $said = Invoke-ChildHost @"
            `$mapping = New-ShmSegment '/pst-exhaust-lost-$PID' -Size 1GB -Sparse -Mount
            perl -e 'truncate "/dev/shm/pst-exhaust-lost-$PID", 4096'
            `$seen = @{}
            for (`$i = 1L; `$i -lt 250000; `$i += 2) {
                try { `$null = [PSSharedMemory.ShmAtomics]::Load[int](`$mapping, `$i * 4096) } catch { `$seen["`$(`$_.Exception.GetBaseException().ErrorId)"] = 1 }
                if (`$i -gt 3000) { `$i += 500 }
            }
            "`$(`$seen.Keys)"
            `$mapping.Reader.ReadInt32(0)
            perl -e 'truncate "/dev/shm/pst-exhaust-lost-$PID", 1 << 30'
            `$mapping.Reader.ReadInt32(1GB - 4)
            @(`$mapping.Regions).Count
            `$mapping.Dispose()
            Remove-ShmSegment '/pst-exhaust-lost-$PID'
"@
        $said | Should -Be 'SegmentTruncated', '0', '0', '1'
    }

    It 'is told so when it mounts too often, and lives (vm.max_map_count)' {
        $said = Invoke-ChildHost {
            $segment = New-ShmSegment -Private -Size 4096
            $held = [Collections.Generic.List[object]]::new()
            $problem = $null
            while ($held.Count -lt 300000 -and -not $problem) {
                try { $held.Add([PSSharedMemory.ShmMapping]::Mount($segment, $null)) } catch {
                    $problem = $_.Exception.GetBaseException()
                }
            }
            "refused: $($problem.ErrorId)"
            "attached: $((Get-ShmSegment -Id $segment.Id).AttachCount -eq $held.Count)"
            foreach ($mapping in $held) { $mapping.Dispose() }
            "attached: $((Get-ShmSegment -Id $segment.Id).AttachCount)"
            $mapping = $segment | Mount-ShmSegment
            "mounted: $($mapping.IsMounted)"
            $segment | Remove-ShmSegment
        }.ToString()
        $said | Should -Be 'refused: LimitReached', 'attached: True', 'attached: 0', 'mounted: True'
    }

    It 'is never told "none" by <Command> when it has no descriptor left (RLIMIT_NOFILE)' -ForEach @(
        @{ Command = 'Get-ShmSegment' }, @{ Command = 'Get-ShmStat' },
        @{ Command = 'Find-ShmOrphan -OlderThan ([timespan]::Zero)' }
        @{ Command = 'Get-ShmAttachment' }, @{ Command = 'Get-ShmAttachment -ProcessId $PID' }
    ) {
        $said = Invoke-ChildHost -Through 'bash', '-c', 'ulimit -n 400; exec "$@"', 'bash' -Script (@'
            $segment = New-ShmSegment "/pst-exhaust-$PID" -Size 4096 -Mount
            $command = { COMMAND -ErrorAction SilentlyContinue -ErrorVariable script:problem }
            $null = & $command 3>$null; $script:problem = $null; $error.Clear()
            $held = [Collections.Generic.List[object]]::new()
            $fill = { try { while ($true) { $held.Add([IO.File]::OpenHandle('/dev/null')) } } catch { $error.Clear() } }
            & $fill; foreach ($one in $held) { $one.Dispose() }; $held.Clear()
            & $fill
            $got = try { @(& $command 3>$null) } catch { $problem = $_ }
            foreach ($one in $held) { $one.Dispose() }
            "$($got.Count) $(@($problem)[0].FullyQualifiedErrorId -replace ',.*')"
            $segment.Dispose()
            Remove-ShmSegment "/pst-exhaust-$PID"
'@ -creplace 'COMMAND', $Command.Replace('$', '$$'))
        $said | Should -BeExactly '0 LimitReached'
    }

    It 'is told so when it has no descriptor left, and lives (RLIMIT_NOFILE)' {
        $said = Invoke-ChildHost -Through 'bash', '-c', 'ulimit -n 400; exec "$@"', 'bash' -Script {
            $segment = New-ShmSegment "/pst-exhaust-$PID" -Size 4096
            $held = [Collections.Generic.List[object]]::new()
            $problem = $null
            while ($held.Count -lt 500 -and -not $problem) {
                $mapping = $segment | Mount-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable problem
                if ($mapping) { $held.Add($mapping) }
            }
            "refused: $(($problem[0].FullyQualifiedErrorId -split ',')[0])"
            "reads: $($held[0].Reader.ReadInt32(0))"
            $null = New-ShmSegment -Anonymous -Size 1 -ErrorAction SilentlyContinue -ErrorVariable problem
            "refused: $(($problem[0].FullyQualifiedErrorId -split ',')[0])"
            $held | Dismount-ShmSegment
            $mapping = $segment | Mount-ShmSegment
            "mounted: $($mapping.IsMounted)"
            $segment | Remove-ShmSegment
        }.ToString()
        $said | Should -Be 'refused: LimitReached', 'reads: 0', 'refused: LimitReached', 'mounted: True'
    }

    It 'leaves nothing of a creation that fails, without descriptors (RLIMIT_NOFILE)' {
        $said = Invoke-ChildHost -Through 'unshare', '-i', '-m', 'bash', '-c',
            # Without the right to look at what its mode forbids: an object of mode 0 cannot be described then.
            'mount -t tmpfs none /dev/shm && ulimit -n 400 && exec setpriv --bounding-set -ipc_owner --inh-caps -ipc_owner "$@"',
            'bash' -Script {
            Export-ShmSegment (New-ShmSegment -Private -Size 4096 -Ephemeral) "$HOME/x.shm"
            $attempts = { New-ShmSegment -Private -Size 1MB -Mode 0 }, { New-ShmSegment -Private -Size 1MB },
                { New-ShmSegment -Key 0x77 -Size 1MB },
                { New-ShmSegment -Key 0x78 -Size 1MB -AllowExisting },
                { New-ShmSegment -Private -Size 1MB -Mount }, { New-ShmSegment -Private -Size 1MB -Ephemeral },
                    { New-ShmSegment /new -Size 1MB },
                { New-ShmSegment /new -Size 1MB -Mount }, { New-ShmSegment -Anonymous -Size 1MB },
                    { Import-ShmSegment "$HOME/x.shm" -Name /new }, { Import-ShmSegment "$HOME/x.shm" -Private },
                { New-ShmQueue /new -Capacity 64KB }, { New-ShmDictionary -Key 0x79 -Capacity 64KB }
            $held = [Collections.Generic.List[object]]::new()
            $fill = { try { while ($true) { $held.Add([IO.File]::OpenHandle('/dev/null')) } } catch { $error.Clear() } }
            $free = { foreach ($one in $held) { $one.Dispose() }; $held.Clear() }

            # Twice: what the engine loads at first use takes descriptors too.
            foreach ($round in 1, 2) {
                foreach ($attempt in $attempts) {
                    & $free
                    [GC]::Collect(); [GC]::WaitForPendingFinalizers()
                    & $fill
                    # What succeeds without a descriptor is whole and is given; what fails leaves nothing.
                    $got = try { @(& $attempt -ErrorAction Stop 2> $null) } catch { @() }
                    & $free
                    $made = @([IO.Directory]::GetFiles('/dev/shm')).Count +
                        @(ipcs -m | Where-Object { $_ -match '^0x' }).Count
                    $expected =
                        @($got | Where-Object { $_ -isnot [PSSharedMemory.ShmSegment] -or $_.Kind -ne 'MemFd' }).Count
                    if ($made -ne $expected) { "$attempt left $made, gave $($got.Count)" }
                    $got | ForEach-Object { if ($_ -is [IDisposable]) { $_.Dispose() } }
                    Remove-Item /dev/shm/* -ErrorAction Ignore
                    ipcrm -a
                }
            }
            'done'
        }.ToString()
        $said | Should -Be 'done'
    }

    It 'writes no file in part when it may make small files only, and lives (RLIMIT_FSIZE of <Limit> bytes)' -ForEach @(
        # In turn: two exports, two pictures, two copies, and three that make or resize a segment.
        @{ Limit = 1; Copied = 0; Expected = @('LimitReached') * 9 }
        @{ Limit = 300; Copied = 100; Expected = @('LimitReached') * 4 + 'ok' + @('LimitReached') * 4 }
        @{ Limit = 4095; Copied = 100; Expected = @('ok') * 5 + @('LimitReached') * 4 }
    ) {
        $said = Invoke-ChildHost -Script (@'
            $segment = New-ShmSegment "/pst-exhaust-$PID" -Size 100
            $mapping = $segment | Mount-ShmSegment
            Write-ShmData $mapping ([byte[]](1..100))
            $folder = [IO.Directory]::CreateTempSubdirectory('pst-fsize-').FullName
            Set-Content "$folder/old" old
            # All once before: the engine and the module write no file later.
            Export-ShmSegment $mapping "$folder/first.shm"; $null = Show-ShmMap $mapping -OutFile "$folder/first.svg"; Remove-Item $folder/first.*
            prlimit --pid $PID --fsize=LIMIT:
            foreach ($attempt in
                { Export-ShmSegment $mapping "$folder/x.shm" -ErrorAction Stop }, { Export-ShmSegment $mapping $folder -ErrorAction Stop },
                { Show-ShmMap $mapping -OutFile "$folder/new.svg" -ErrorAction Stop }, { Show-ShmMap $mapping -OutFile "$folder/old" -ErrorAction Stop },
                { Copy-ShmData $mapping -DestinationPath "$folder/c" -ErrorAction Stop }, { Copy-ShmData $mapping -DestinationPath "$folder/old" -DestinationOffset 5000 -ErrorAction Stop },
                { New-ShmSegment "/pst-exhaust-$PID-s" -Size 8192 -Sparse -ErrorAction Stop }, { New-ShmQueue "/pst-exhaust-$PID-q" -Capacity 64KB -ErrorAction Stop },
                { $segment | Resize-ShmSegment -Size 8192 -Sparse -ErrorAction Stop }) {
                try { $null = & $attempt; 'ok' } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
            }
            # Nothing in part: no file of a failed attempt, and what was there before is as it was or new.
            "$(@((Get-ChildItem $folder -Force).Name) -match 'partial|new|x\.shm|^c$' | Where-Object { (Get-Item "$folder/$_" -Force).Length -eq 0 })"
            "$(@(Get-Content $folder/old)[0] -match 'old|xml') $([IO.File]::Exists("$folder/c") ? (Get-Item $folder/c).Length : 0)"
            "$((Get-Item "/dev/shm/pst-exhaust-$PID*").Length) $((Read-ShmData $mapping -Offset 99)[0])"
            $segment | Remove-ShmSegment
            Remove-Item $folder -Recurse
            # The engine itself may write a file at its end, and be ended for it.
            [Console]::Out.Flush(); [Diagnostics.Process]::GetCurrentProcess().Kill()
'@ -creplace 'LIMIT', $Limit)
        $said | Should -Be @(@($Expected) + '', "True $Copied", '100 100')
    }

    It 'is told so when a file would be larger than it may make them, and lives (RLIMIT_FSIZE)' {
        $said = Invoke-ChildHost {
            $segment = New-ShmSegment "/pst-exhaust-$PID" -Size 2MB
            $mapping = $segment | Mount-ShmSegment
            $copy = [IO.Path]::GetTempFileName()
            prlimit --pid $PID --fsize=1048576
            $ProgressPreference = 'SilentlyContinue'
            foreach ($attempt in
                { New-ShmSegment "/pst-exhaust-$PID-more" -Size 2MB -ErrorAction Stop },
                { New-ShmSegment "/pst-exhaust-$PID-more" -Size 2MB -Sparse -ErrorAction Stop },
                { New-ShmSegment -Anonymous -Size 2MB -ErrorAction Stop },
                { $segment | Resize-ShmSegment -Size 3MB -ErrorAction Stop },
                { Copy-ShmData $mapping -DestinationPath $copy -Force -ErrorAction Stop },
                { $segment | Export-ShmSegment -Path "$copy.shm" -ErrorAction Stop }) {
                try { $null = & $attempt; 'nothing' } catch {
                    "$($_.FullyQualifiedErrorId.Split(',')[0]) $($_.CategoryInfo.Category)"
                }
            }
            "$($mapping.Length) $(Test-Path "/dev/shm/pst-exhaust-$PID-more") $(Test-Path "$copy.shm")"
            $segment | Resize-ShmSegment -Size 1536KB -Force
            $mapping.Length
            $segment | Remove-ShmSegment
            Remove-Item $copy -ErrorAction Ignore
        }.ToString()
        $said | Should -Be @(@('LimitReached LimitsExceeded') * 6 + '2097152 False False', '1572864')
    }
}
