# kill -9 at random moments: nothing half made has a final name. PSSHM_KILLS sets how often (4 here). Thousands of kills
# take less time by tests/walk, which does the same without a shell: dotnet run --project tests/walk -- killed 2000.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-killed-$PID"
    $module = (Resolve-Path "$PSScriptRoot/../../out/PSSharedMemory").Path
    $folder = [System.IO.Directory]::CreateTempSubdirectory('pst-killed-')
    $kills = [int]($env:PSSHM_KILLS ?? 4)
}

AfterAll {
    Remove-Item "/dev/shm$name*" -ErrorAction Ignore
    $folder.Delete($true)
}

Describe 'A process that is killed' -Tag Slow {
    It 'leaves whole segments and a whole snapshot' {
        $null = New-ShmSegment "$name-source" -Size 3MB
        Clear-ShmData "$name-source" -Pattern ([byte[]](1, 2, 3))
        Export-ShmSegment "$name-source" "$folder/x.shm"
        $sum = (sha256sum "/dev/shm$name-source").Split(' ')[0]
        $loop =
            "Import-Module '$module'; `$i = 0; while (1) { `$i++; `$null = New-ShmSegment `"$name-n`$i`" -Size 1MB -Mode 0640;" +
            " `$null = Import-ShmSegment '$folder/x.shm' -Name `"$name-i`$i`"; Export-ShmSegment '$name-source' '$folder/x.shm' -Force;" +
            " Resize-ShmSegment '$name-r' -Size 5MB; Resize-ShmSegment '$name-r' -Size 1MB -Force;" +
            " [IO.File]::WriteAllText('$folder/started', `$i); Remove-Item `"/dev/shm$name-n`$i`", `"/dev/shm$name-i`$i`" }"
        $null = New-ShmSegment "$name-r" -Size 1MB
        Clear-ShmData "$name-r" -Pattern ([byte[]](7, 8, 9))
        $start = (Get-FileHash "/dev/shm$name-r").Hash
        foreach ($kill in 1..$kills) {
            Remove-Item "$folder/started" -ErrorAction Ignore
            $process = Start-Process (Get-Process -Id $PID).Path '-NoProfile', '-NonInteractive', '-Command',
                $loop -PassThru -RedirectStandardOutput /dev/null
            while (-not (Test-Path "$folder/started") -and -not $process.HasExited) { Start-Sleep -Milliseconds 5 }
            $process.HasExited | Should -BeFalse
            Start-Sleep -Milliseconds (Get-Random -Maximum 300)
            $process.Kill()
            $process.WaitForExit()
            foreach ($file in Get-ChildItem "/dev/shm$name-n*") {
                stat -c '%s %a %b' $file | Should -Be '1048576 640 2048'
            }
            foreach ($file in Get-ChildItem "/dev/shm$name-i*") { (sha256sum $file).Split(' ')[0] | Should -Be $sum }
            Remove-Item "/dev/shm$name-[ni]*"
            (Get-Item "/dev/shm$name-r").Length | Should -BeIn 1MB, 5MB
            Resize-ShmSegment "$name-r" -Size 1MB -Force
            (Get-FileHash "/dev/shm$name-r").Hash | Should -Be $start
            $made = Import-ShmSegment "$folder/x.shm" -Name "$name-check"
            (sha256sum "/dev/shm$name-check").Split(' ')[0] | Should -Be $sum
            Remove-ShmSegment $made
        }

        # What the last one left under a temporary name is removed by the next export.
        Export-ShmSegment "$name-source" "$folder/x.shm" -Force -WarningAction Ignore
        (Get-ChildItem $folder -Force -Filter *x.shm*).Name | Should -Be 'x.shm', 'x.shm.json'
    }
}
