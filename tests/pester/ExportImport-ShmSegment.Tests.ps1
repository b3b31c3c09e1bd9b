# Snapshots: sha256sum, stat and ipcs are the witnesses of bytes, holes, modes and owners.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $name = "/pst-data-snap-$PID"
    $copy = "/pst-data-snap2-$PID"
    $key = 0x7d5a0000 + $PID % 65536
    function Get-Sum { (sha256sum $args[0]).Split(' ')[0] }
    function Get-Blocks { [long](stat -c %b $args[0]) }
}

Describe 'Export-ShmSegment and Import-ShmSegment' {
    BeforeEach {
        $folder = [System.IO.Directory]::CreateTempSubdirectory('pst-data-')
        $file = "$folder/one.shm"
        $mapping = New-ShmSegment $name -Size 16MB -Mode 0640 -Sparse -Mount
        Write-ShmData $mapping 'in the middle' -Offset 5MB
        Write-ShmData $mapping ([byte[]](1, 2, 3)) -Offset (16MB - 3)
    }

    AfterEach {
        $mapping.Dispose()
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
        Remove-Item "/dev/shm$copy" -ErrorAction Ignore
        $folder.Delete($true)
    }

    It 'goes into a folder whatever the length of the name' {
        $long = "pst-snap-$PID-".PadRight(254, 'x')
        $names = "/${long}1", "/${long}2", ('/pst-snap-' + ([string] [char] 0x20ac) * 80)
        try {
            foreach ($one in $names) { $null = New-ShmSegment $one -Size 4KB; Write-ShmData $one $one.Substring(60) }
            $files = $names | Export-ShmSegment -Path $folder -PassThru
            @($files.Path | Sort-Object -Unique).Count | Should -Be 3
            Remove-Item -LiteralPath ($names | ForEach-Object { "/dev/shm$_" })
            $back = $files.Path | Import-ShmSegment
            $back.Name | Should -BeExactly $names
            Read-ShmData $names[1] -As CString | Should -BeExactly $names[1].Substring(60)
        }
        finally { Remove-Item /dev/shm/pst-snap-* -ErrorAction Ignore }
    }

    It 'keeps the bytes, the holes and the metadata' {
        $snapshot = Export-ShmSegment $name $file -PassThru
        Get-Sum $file | Should -BeExactly (Get-Sum "/dev/shm$name")
        $snapshot.Sha256 | Should -BeExactly (Get-Sum $file)
        Get-Blocks $file | Should -BeLessThan 128
        Get-Blocks "/dev/shm$name" | Should -Be 16
        stat -c %a $file "$file.json" | Should -Be '600', '600'
        $json = [System.Text.Json.JsonDocument]::Parse((Get-Content "$file.json" -Raw)).RootElement
        $json.GetProperty('name').GetString() | Should -BeExactly $name
        $json.GetProperty('size').GetInt64() | Should -Be 16MB
        $json.GetProperty('mode').GetString() | Should -BeExactly '0640'
        $json.GetProperty('sha256').GetString() | Should -BeExactly $snapshot.Sha256
        $json.GetProperty('extents').GetArrayLength() | Should -Be 2
        [System.IO.Directory]::GetFiles($folder).Count | Should -Be 2
    }

    It 'takes no time for 200 GB of holes, and still notices what was altered' {
        $mapping.Dispose()
        Remove-ShmSegment $name
        truncate -s 200G "/dev/shm$name"
        foreach ($page in 3, 40000000) { 'page' | dd of="/dev/shm$name" bs=4096 seek=$page conv=notrunc status=none }
        $time = Measure-Command { $snapshot = Export-ShmSegment $name $file -PassThru }
        $time.TotalSeconds | Should -BeLessThan 5
        $pages = 3, 40000000 | ForEach-Object { "dd if=/dev/shm$name bs=4096 skip=$_ count=1 status=none" }
        $snapshot.Sha256 | Should -BeExactly (sh -c "{ $($pages -join '; '); } | sha256sum").Split(' ')[0]
        Get-Blocks $file | Should -BeLessThan 128

        $time = Measure-Command { $null = Import-ShmSegment $file -Name $copy }
        $time.TotalSeconds | Should -BeLessThan 5
        (Get-Item "/dev/shm$copy").Length | Should -Be 200GB
        Get-Blocks "/dev/shm$copy" | Should -Be (Get-Blocks "/dev/shm$name")
        foreach ($page in 3, 40000000) { dd if="/dev/shm$copy" bs=4096 skip=$page count=1 status=none | Select-Object -First 1 | Should -Be 'page' }
        Remove-ShmSegment $copy

        foreach ($page in 3, 39999999, 20000000, 0) {
            cp --sparse=always $file "$file.altered"
            Copy-Item "$file.json" "$file.altered.json"
            'other' | dd of="$file.altered" bs=4096 seek=$page conv=notrunc status=none
            { Import-ShmSegment "$file.altered" -Name $copy -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure*'
            Test-Path "/dev/shm$copy" | Should -BeFalse
        }
    }

    It 'makes the same segment again' {
        Export-ShmSegment -Mapping $mapping $file
        $sum = Get-Sum "/dev/shm$name"
        $mapping.Dispose()
        Remove-ShmSegment $name
        $made = Import-ShmSegment $file
        $made.Name | Should -BeExactly $name
        Get-Sum "/dev/shm$name" | Should -BeExactly $sum
        stat -c '%a %b' "/dev/shm$name" | Should -Be '640 16'
    }

    It 'gives owner and group back' -Skip:((id -u) -ne 0) {
        chown 1:2 "/dev/shm$name"
        Export-ShmSegment $name $file
        Import-ShmSegment $file -Name $copy > $null
        stat -c '%u %g' "/dev/shm$copy" | Should -Be '1 2'
    }

    It 'reserves all pages where all were there' {
        $mapping.Dispose()
        Remove-ShmSegment $name
        New-ShmSegment $name -Size 1MB > $null
        Export-ShmSegment $name $file
        Import-ShmSegment $file -Name $copy > $null
        Get-Blocks "/dev/shm$copy" | Should -Be 2048
    }

    It 'keeps a System V segment without touching its holes' {
        $made = New-ShmSegment -Key $key -Size 16MB -Mode 0660
        try {
            Write-ShmData -Key $key -Value 'sysv' -Offset 7MB
            Export-ShmSegment -Key $key $file
            Get-Sum $file | Should -Not -BeNullOrEmpty
            (Get-ShmSegment -Id $made.Id).Allocated | Should -BeLessThan 1MB
            Get-Blocks $file | Should -BeLessThan 128
        }
        finally { ipcrm -m $made.Id }
        $again = Import-ShmSegment $file
        try {
            ipcs -m -i $again.Id | Where-Object { $_ -match 'mode=0660' } | Should -Not -BeNullOrEmpty
            Read-ShmData -Key $key -Offset 7MB -As CString | Should -BeExactly 'sysv'
        }
        finally { ipcrm -m $again.Id }
    }

    It 'turns one family into the other, and into a memfd' {
        Export-ShmSegment $name $file
        $private = Import-ShmSegment $file -Private
        try { Read-ShmData -Id $private.Id -Offset 5MB -As CString | Should -BeExactly 'in the middle' }
        finally { ipcrm -m $private.Id }
        $memory = Import-ShmSegment $file -Anonymous
        Read-ShmData -Segment $memory -Offset 5MB -As CString | Should -BeExactly 'in the middle'
    }

    It 'makes nothing where the name is taken, and overwrites with -Force' {
        Export-ShmSegment $name $file
        $sum = Get-Sum "/dev/shm$name"
        Write-ShmData $mapping 'changed' -Offset 100
        { Import-ShmSegment $file -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentExists,*'
        Read-ShmData $mapping -Offset 100 -As CString | Should -BeExactly 'changed'
        Import-ShmSegment $file -Force > $null
        Get-Sum "/dev/shm$name" | Should -BeExactly $sum
    }

    It 'never resizes: <_>' -ForEach 'smaller', 'larger' {
        Export-ShmSegment $name $file
        New-ShmSegment $copy -Size ($_ -eq 'smaller' ? 1MB : 17MB) -Sparse > $null
        { Import-ShmSegment $file -Name $copy -Force -ErrorAction Stop } | Should -Throw -ErrorId 'SizeMismatch,*'
    }

    It 'makes nothing of a snapshot that was <Why>: <Id>' -ForEach @(
        @{ Why = 'cut'; Id = 'SizeMismatch'; Damage = { truncate -s 1M $args[0] } }
        @{ Why = 'made longer'; Id = 'SizeMismatch'; Damage = { truncate -s +1 $args[0] } }
        @{ Why = 'altered'; Id = 'InvalidStructure'
            Damage = { perl -e 'open F, "+<", $ARGV[0]; seek F, 999, 0; syswrite F, "x"' $args[0] } }
        @{ Why = 'altered in its metadata'; Id = 'InvalidStructure'
            Damage = { perl -pi -e 's/"extents": \[/"extents": [[5,-1],/' "$($args[0]).json" } }
        @{ Why = 'robbed of an extent'; Id = 'InvalidStructure'
            Damage = { perl -0pi -e 's/"extents": \[\s*\[.*?\],?/"extents": [/s' "$($args[0]).json" } }
        @{ Why = 'made by a later version'; Id = 'InvalidStructure'
            Damage = { perl -pi -e 's/"version": 1/"version": 2/' "$($args[0]).json" } }
        @{ Why = 'cut in its metadata'; Id = 'InvalidStructure'; Damage = { truncate -s 100 "$($args[0]).json" } }
        @{ Why = 'left without metadata'; Id = 'PathNotFound'; Damage = { rm "$($args[0]).json" } }
    ) {
        Export-ShmSegment $name $file
        & $Damage $file
        { Import-ShmSegment $file -Name $copy -ErrorAction Stop } | Should -Throw -ErrorId "$Id,*"
        Test-Path "/dev/shm$copy" | Should -BeFalse
        $sum = Get-Sum "/dev/shm$name"
        { Import-ShmSegment $file -Name $name -Force -ErrorAction Stop } | Should -Throw -ErrorId "$Id,*"
        Get-Sum "/dev/shm$name" | Should -BeExactly $sum
    }

    It 'leaves an existing segment as it was where the pages do not fit, with -Force' -Tag Root -Skip:(
        [Environment]::UserName -ne 'root') {
        . "$PSScriptRoot/ChildHost.ps1"
        New-ShmSegment $copy -Size 8MB > $null
        Clear-ShmData $copy 65 -As Byte
        Export-ShmSegment $copy $file
        $said = @(Invoke-ChildHost @"
            & mount -t tmpfs -o size=4m tmpfs /dev/shm
            New-ShmSegment $copy -Size 8MB -Sparse > `$null
            Write-ShmData $copy 'old contents'
            try { Import-ShmSegment '$file' -Force -ErrorAction Stop } catch { [Console]::WriteLine(`$_.FullyQualifiedErrorId) }
            [Console]::WriteLine((Read-ShmData $copy -As CString))
            [Console]::WriteLine((& stat -c %b /dev/shm$copy))
"@ -Through unshare, -m)
        $said | Should -Be @('NoSpace,PSSharedMemory.Commands.ImportShmSegmentCommand', 'old contents', '8')
    }

    It 'leaves zeros where the snapshot has holes, with -Force' {
        Export-ShmSegment $name $file
        $sum = Get-Sum "/dev/shm$name"
        foreach ($offset in 0, 2MB, (5MB - 1), (5MB + 13), (16MB - 4)) {
            Write-ShmData $mapping ([byte]255) -Offset $offset
        }
        Import-ShmSegment $file -Force > $null
        Get-Sum "/dev/shm$name" | Should -BeExactly $sum
    }

    It 'replaces a snapshot only with -Force' {
        Export-ShmSegment $name $file
        { Export-ShmSegment $name $file -ErrorAction Stop } | Should -Throw -ErrorId 'NoClobber,*'
        Write-ShmData $mapping 'new'
        Export-ShmSegment $name $file -Force
        Get-Sum $file | Should -BeExactly (Get-Sum "/dev/shm$name")
    }

    It 'never replaces what is no ordinary file, -Force or not' {
        mkfifo $file
        { Export-ShmSegment $name $file -Force -ErrorAction Stop } | Should -Throw -ErrorId 'NoClobber,*'
        stat -c %F $file | Should -BeExactly 'fifo'
        [System.IO.Directory]::GetFileSystemEntries($folder).Count | Should -Be 1
    }

    It 'leaves no half file where the export fails' {
        $full = '/dev/shm/pst-data-none/x.shm'
        { Export-ShmSegment $name $full -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFound,*'
        Dismount-ShmSegment $mapping
        Remove-Item "/dev/shm$name" -ErrorAction Ignore
        { Export-ShmSegment $name $file -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
        Get-ChildItem $folder -Force | Should -BeNullOrEmpty
    }

    It 'leaves no half file where it is stopped' {
        # Bytes that take a second or more to hash and write.
        bash -c 'yes | head -c 1G > "$1"' bash "/dev/shm$name"
        $shell = [powershell]::Create([System.Management.Automation.Runspaces.InitialSessionState]::CreateDefault2())
        try {
            [void]$shell.AddScript(
                "Import-Module '$PSScriptRoot/../../out/PSSharedMemory'; Export-ShmSegment '$name' '$file'")
            $run = $shell.BeginInvoke()
            # The file has no name yet: only the descriptor shows it.
            while (-not ((Get-ChildItem /proc/self/fd -ErrorAction Ignore).LinkTarget -like "$folder/*") -and
                -not $run.IsCompleted) {
                [System.Threading.Thread]::Sleep(1)
            }
            $run.IsCompleted | Should -BeFalse
            $shell.Stop()
        }
        finally { $shell.Dispose() }
        Get-ChildItem $folder -Force | Should -BeNullOrEmpty
    }

    It 'lets no other user see the bytes, at any step' -Tag Root -Skip:((id -u) -ne 0) {
        chmod 1777 $folder
        $trace = "$folder/trace"
        . "$PSScriptRoot/ChildHost.ps1"
        Invoke-ChildHost "Export-ShmSegment '$name' '$file' -Force" -Through strace, -f, -qq, -e,
            'trace=open,openat,linkat,rename,renameat,renameat2,fsync,chmod,fchmod', -o, $trace
        $steps = Get-Content $trace |
            Where-Object { $_ -match 'O_TMPFILE.*0600|linkat\(|renameat2\(|fsync\(' -and $_ -notmatch '= -1' }
        ($steps -match 'O_TMPFILE').Count | Should -Be 2
        $commit = $steps.IndexOf(@($steps -match 'renameat2.*\.json"')[0])
        @($steps[0..$commit] -match 'fsync').Count | Should -BeGreaterOrEqual 3
        @(Get-Content $trace | Where-Object { $_ -match 'O_CREAT' -and $_ -match [regex]::Escape($file) }).Count |
            Should -Be 0
        stat -c %a $file "$file.json" | Should -Be '600', '600'
    }

    It 'is a whole snapshot where the export was killed between the commit and the last rename' {
        Export-ShmSegment $name $file
        $sum = Get-Sum $file
        $staged = ".one.shm.0123456789abcdef0123456789abcdef.partial"
        Move-Item $file "$folder/$staged"
        (Get-Content "$file.json" -Raw) -replace '"stagedFile": "[^"]*"', "`"stagedFile`": `"$staged`"" |
            Set-Content "$file.json"
        Import-ShmSegment $file -Name $copy > $null
        Get-Sum "/dev/shm$copy" | Should -BeExactly $sum
        Remove-ShmSegment $copy
        Import-ShmSegment "$file.json" -Name $copy > $null
        Get-Sum "/dev/shm$copy" | Should -BeExactly $sum
        Write-ShmData $mapping 'newer'
        Export-ShmSegment $name $file -Force
        (Get-ChildItem $folder -Force).Name | Sort-Object | Should -Be 'one.shm', 'one.shm.json'
        Get-Sum $file | Should -BeExactly (Get-Sum "/dev/shm$name")
    }

    It 'removes what exports of the same name left that were killed, tells it, and nothing else' {
        Export-ShmSegment $name $file
        $hex = '0123456789abcdef' * 2
        $dead = ".one.shm.$hex.partial", ".one.shm.json.$hex.partial"
        # Of another snapshot, of no export, of another kind, and one that somebody has locked: a living export.
        $others = ".two.shm.$hex.partial", '.one.shm.partial', ".one.shm.${hex}0.partial", "one.shm.$hex.partial"
        $alive = ".one.shm.$('f' * 32).partial"
        $dead + $others + $alive | ForEach-Object { Set-Content "$folder/$_" 'x' -NoNewline }
        mkdir "$folder/.one.shm.$('e' * 32).partial"
        mkfifo "$folder/.one.shm.$('d' * 32).partial"
        $holder = Start-Program perl '-e', 'open F, "<", $ARGV[0]; flock F, 2; $| = 1; print "locked\n"; <STDIN>',
            "$folder/$alive"
        try {
            $holder.StandardOutput.ReadLine() | Should -BeExactly 'locked'
            Export-ShmSegment $name $file -Force -WarningVariable said -WarningAction SilentlyContinue
            $dead | ForEach-Object { Test-Path "$folder/$_" | Should -BeFalse }
            $others + $alive | ForEach-Object { Test-Path "$folder/$_" | Should -BeTrue }
            @((Get-ChildItem $folder -Force).Name -match '\.(d{32}|e{32})\.partial$').Count | Should -Be 2
            "$said" | Should -Match '\b2 temporary files\b'
        }
        finally { $holder.StandardInput.Close(); $holder.WaitForExit() }
        Export-ShmSegment $name $file -Force -WarningVariable said -WarningAction SilentlyContinue
        Test-Path "$folder/$alive" | Should -BeFalse
        Get-Sum $file | Should -BeExactly (Get-Sum "/dev/shm$name")
    }

    It 'reads snapshots of version 0.1, whose metadata names no other file' {
        Export-ShmSegment $name $file
        $sum = Get-Sum $file
        Get-Content "$file.json" | Where-Object { $_ -notlike '*stagedFile*' } | Set-Content "$folder/old.json"
        Move-Item "$folder/old.json" "$file.json" -Force
        Import-ShmSegment $file -Name $copy > $null
        Get-Sum "/dev/shm$copy" | Should -BeExactly $sum
    }

    It 'does no work before it has asked' {
        Export-ShmSegment $name $file
        truncate -s 4T $file
        (Get-Content "$file.json" -Raw) -replace '"size": \d+', "`"size`": $(4TB)" | Set-Content "$file.json"
        (Measure-Command { Import-ShmSegment $file -Name $copy -WhatIf }).TotalSeconds | Should -BeLessThan 10
    }

    It 'restores no byte that was not checked: changed while the question is asked, it is InvalidStructure' {
        Export-ShmSegment $name $file
        $snapshot = [PSSharedMemory.ShmSegmentSnapshots]::Read($file)
        foreach ($options in @{ Name = $copy }, @{ Anonymous = $true }, @{ Private = $true }) {
            $asked = [Func[bool]] {
                perl -e 'open F, "+<", $ARGV[0]; seek F, 5 << 20, 0; syswrite F, chr(65 + rand 26)' $file
                $true
            }
            $restore = [PSSharedMemory.ShmRestoreOptions]$options
            { [PSSharedMemory.ShmSegmentSnapshots]::Import($snapshot, $restore, $asked) } | Should -Throw '*altered*'
        }

        Test-Path "/dev/shm$copy" | Should -BeFalse
        @(Get-ShmSegment -Kind SysV | Where-Object CreatorProcessId -EQ $PID).Count | Should -Be 0
    }

    It 'takes metadata of no other shape: <_>' -ForEach @(
        '[[1]]', '[[]]', '[1]', '{}', 'null', '[[0,1,2]]', '"x"', '[[0,9223372036854775807]]', '[["a","b"]]',
        '[[0.5,1]]'
    ) {
        Export-ShmSegment $name $file
        (Get-Content "$file.json" -Raw) -replace '(?s)"extents": \[.*\]', "`"extents`": $_" | Set-Content "$file.json"
        { Import-ShmSegment $file -Name $copy -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
    }

    It 'takes <Key> <Value> as none' -ForEach @(
        @{ Key = 'kind'; Value = '"77"' }, @{ Key = 'kind'; Value = '"SysV,Posix"' },
        @{ Key = 'id'; Value = '4294967301' }
        @{ Key = 'mode'; Value = '"07777"' }, @{ Key = 'mode'; Value = '"9"' }, @{ Key = 'size'; Value = '-1' },
        @{ Key = 'size'; Value = '1e400' }
        @{ Key = 'userId'; Value = '-1' }, @{ Key = 'exportTime'; Value = '"never"' }, @{ Key = 'name'; Value = '7' },
        @{ Key = 'version'; Value = '"1"' }
        @{ Key = 'sha256'; Value = '[]' }
    ) {
        Export-ShmSegment $name $file
        (Get-Content "$file.json" -Raw) -replace "`"$Key`": [^,\r\n]*", "`"$Key`": $Value" | Set-Content "$file.json"
        { Import-ShmSegment $file -Name $copy -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
    }

    It 'takes an empty path for no folder: <_>' -ForEach @(
        { Export-ShmSegment $name -Path '' }, { Copy-ShmData $name -DestinationPath '' -Force }
        { Compare-ShmData $name -DifferencePath '' }, { Format-ShmHex $name -DifferencePath '' }
        { Show-ShmMap $name -OutFile '' }
    ) {
        $ErrorActionPreference = 'Stop'
        Push-Location $folder
        try { $_ | Should -Throw -ErrorId 'InvalidName,*' } finally { Pop-Location }
        Get-ChildItem $folder -Force | Should -BeNullOrEmpty
    }

    It 'never hangs on <_> in the place of a file' -ForEach 'data', 'metadata' {
        Export-ShmSegment $name $file
        $place = $_ -eq 'data' ? $file : "$file.json"
        Remove-Item $place
        mkfifo $place
        { Import-ShmSegment $file -Name $copy -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind,*'
    }

    It 'calls files in a directory after their segments, and goes on behind a bad item' {
        New-ShmSegment $copy -Size 4096 > $null
        Export-ShmSegment $name, '/pst-data-none', $copy "$folder" -ErrorAction SilentlyContinue -ErrorVariable bad
        $bad.Count | Should -Be 1
        Test-Path "$folder/$($name.Substring(1)).shm" | Should -BeTrue
        Test-Path "$folder/$($copy.Substring(1)).shm.json" | Should -BeTrue
    }

    It 'takes files from the pipeline' {
        Export-ShmSegment $name $file
        [System.IO.FileInfo]::new($file) | Import-ShmSegment -Name $copy | ForEach-Object Name | Should -BeExactly $copy
        Remove-ShmSegment $copy
        Get-ShmSegment $name | Export-ShmSegment -Path "$folder/two"
        "$folder/two.json" | Import-ShmSegment -Name $copy | ForEach-Object Size | Should -Be 16MB
    }

    It 'takes both files of a snapshot from a folder as the one that they are' {
        $null = New-ShmSegment $copy -Size 4096
        Export-ShmSegment $name, $copy "$folder"
        Remove-ShmSegment $copy
        $mapping.Dispose()
        Remove-ShmSegment $name
        Get-ChildItem "$folder" | Should -HaveCount 4
        (Get-ChildItem "$folder" | Import-ShmSegment).Name | Sort-Object | Should -Be (@($name, $copy) | Sort-Object)
        # The same file twice is two wishes.
        { Get-ChildItem "$folder/*.json" | Import-ShmSegment -ErrorAction Stop } |
            Should -Throw -ErrorId 'SegmentExists,*'
    }

    It 'changes nothing with -WhatIf' {
        Export-ShmSegment $name $file -WhatIf
        Test-Path $file | Should -BeFalse
        Export-ShmSegment $name $file
        Import-ShmSegment $file -Name $copy -WhatIf
        Test-Path "/dev/shm$copy" | Should -BeFalse
    }
}
