# Containers of Podman and runc, from the host: told, listed, read, changed and removed as if they were here. The
# witness is the container itself (podman exec). The image is nothing but a static busybox.

BeforeDiscovery {
    $programs = 'podman', 'runc', 'busybox'
    $closed = [Environment]::UserName -ne 'root' -or
        @($programs | Where-Object { -not (Get-Command $_ -CommandType Application -ErrorAction Ignore) })
    if (-not $closed) {
        # A busybox that needs no library: its ELF has no interpreter.
        $closed = [Text.Encoding]::Latin1.GetString(
            [IO.File]::ReadAllBytes((Get-Command busybox).Source)[0..4095]).Contains('/ld-')
    }
}

Describe 'Containers of Podman' -Tag Server, Root -Skip:$closed {
    BeforeAll {
        Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
        . "$PSScriptRoot/Peers.ps1"
        . "$PSScriptRoot/Spaces.ps1"
        $WarningPreference = 'SilentlyContinue'
        # Paths of sockets are short.
        $folder = "/run/pst-pod-$PID"
        $root = "$folder/root"
        $null = 'bin', 'dev', 'proc', 'sys', 'etc', 'tmp' | ForEach-Object { New-Item "$root/$_" -ItemType Directory }
        Copy-Item (Get-Command busybox).Source "$root/bin/busybox"
        'sh', 'sleep', 'cat', 'ls', 'hostname', 'dd' | ForEach-Object { ln -s busybox "$root/bin/$_" }
        Set-Content "$root/etc/passwd" 'root:x:0:0:root:/:/bin/sh'
        Set-Content "$folder/conf" @"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=512:512"]
[engine]
infra_image = "localhost/pst"
"@
        $env:CONTAINERS_CONF = "$folder/conf"
        $hadLock = Test-Path /dev/shm/libpod_lock
        $podman = 'podman', '--root', "$folder/storage", '--runroot', "$folder/run", '--tmpdir', "$folder/tmp",
            '--cgroup-manager', 'cgroupfs', '--runtime', 'runc', '--log-level', 'error'
        function Invoke-Podman { & $podman[0] @($podman[1..99] + $args) }
        function Start-Container([string] $Name, [string[]] $Option, [string] $Script = 'true') {
            $said = Invoke-Podman run -d --name $Name @Option sh -c "$Script; exec sleep 600" 2>&1
            if ($LASTEXITCODE -ne 0) { throw "podman run ${Name}: $said" }
            "$(@($said)[-1])"
        }
        function Get-FirstId([string] $Name) { [int] (Invoke-Podman inspect -f '{{.State.Pid}}' $Name) }

        $plain = Start-Container plain '--network', 'none', '--shm-size', '8m', '--rootfs', $root `
            'dd if=/dev/zero of=/dev/shm/left bs=4k count=3 2>/dev/null'
        $lender = Start-Container lender '--network', 'none', '--ipc', 'shareable', '--rootfs', $root
        $guest = Start-Container guest '--network', 'none', '--ipc', 'container:lender', '--rootfs', $root
        $open = Start-Container open '--network', 'none', '--ipc', 'host', '--rootfs', $root
        $null = tar -C $root -c . | & $podman[0] @($podman[1..99] + 'import', '-q', '-', 'localhost/pst') 2>$null
        $shop = "pst-shop-$PID"
        $made = Invoke-Podman pod create --name $shop --share 'ipc,uts' --network none --infra-command 'sleep 600'
        $pod = "$(@($made)[-1])"
        $member = Start-Container member '--pod', $shop, 'localhost/pst'
        $infra = Invoke-Podman inspect -f '{{.Id}}' (Invoke-Podman pod inspect -f '{{.InfraContainerID}}' $shop)
    }

    AfterAll {
        $null = Invoke-Podman pod rm -f -t 0 $shop 2>&1
        # One that fails, for others are just going, must not keep the rest.
        for ($try = 0; $try -lt 5 -and (Invoke-Podman ps -aq); $try++) {
            $null = Invoke-Podman rm -f -t 0 --depend --all 2>&1
        }
        $null = Invoke-Podman rmi -f localhost/pst 2>&1
        $env:CONTAINERS_CONF = $null
        & findmnt -rno TARGET | Where-Object { $_.StartsWith("$folder/") } | Sort-Object -Descending |
            ForEach-Object { & umount $_ }
        rm -rf $folder
        if (-not $hadLock) { Remove-Item /dev/shm/libpod_lock -ErrorAction Ignore }
        Get-ChildItem /sys/fs/cgroup -Directory | ForEach-Object {
            $parent = "$_/libpod_parent"
            if (Test-Path $parent) { & find $parent -depth -type d -exec rmdir '{}' ';' 2>$null }
        }
    }

    It 'have id, runtime, processes and the size that --shm-size gave' {
        $places = @(Get-ShmNamespace $plain.Substring(0, 12))
        $places.Kind | Should -Be 'SysV', 'Posix'
        foreach ($place in $places) {
            $place.Container | Should -BeExactly $plain
            $place.Runtime | Should -BeExactly podman
            $place.Pod | Should -BeNullOrEmpty
            $place.ProcessIds | Should -Be (Get-FirstId plain)
        }
        $places[0].Namespace | Should -BeExactly (Get-IpcName (Get-FirstId plain))
        $places[1].Size | Should -Be 8MB
        $places[1].Bytes | Should -Be 12KB
    }

    It 'that share a namespace are told together, and the host''s with those that use it' {
        $shared = Get-ShmNamespace $lender.Substring(0, 12) | Where-Object Kind -EQ SysV
        $shared.Container | Sort-Object | Should -Be (@($lender, $guest) | Sort-Object)
        $shared.ProcessIds | Sort-Object | Should -Be (@((Get-FirstId lender), (Get-FirstId guest)) | Sort-Object)
        (Get-ShmNamespace $guest | Where-Object Kind -EQ SysV).Namespace | Should -BeExactly $shared.Namespace
        $mine = @(Get-ShmNamespace | Where-Object IsCurrent)
        $mine[0].Container | Should -Contain $open
        # The programs that watch containers run here, but belong to none.
        $mine.Container | Should -Not -Contain $plain
        $mine.Container | Should -Not -Contain $pod
    }

    It 'of a pod share its memory, and are found by the name of the pod' {
        $places = @(Get-ShmNamespace $shop)
        $places.Kind | Should -Be 'SysV', 'Posix'
        foreach ($place in $places) {
            $place.Pod | Should -BeExactly $shop
            $place.PodId | Should -BeExactly $pod
            $place.Container | Sort-Object | Should -Be (@($infra, $member) | Sort-Object)
        }
        (Get-ShmNamespace $pod)[0].Namespace | Should -BeExactly $places[0].Namespace
        (Invoke-Podman exec member hostname) | Should -BeExactly $shop
        (Get-ShmNamespace $shop | Get-ShmLimit SHMMNI).Namespace |
            Should -BeExactly (Get-IpcName (Get-FirstId member))
    }

    It 'are read, mounted, exported and emptied from outside' {
        $left = Get-ShmSegment -Namespace $plain.Substring(0, 12)
        $left.Name | Should -BeExactly '/left'
        $mapping = $left | Mount-ShmSegment
        Write-ShmData $mapping 'from outside' -NullTerminated
        $mapping.Dispose()
        "$(Invoke-Podman exec plain cat /dev/shm/left)" | Should -BeLike 'from outside*'
        $null = Invoke-Podman exec plain sh -c 'echo -n inside > /dev/shm/two'
        Get-ShmSegment /two -Namespace $plain | Read-ShmData -As String -Count 6 | Should -BeExactly 'inside'
        $left | Export-ShmSegment "$folder/copy"
        (Get-Item "$folder/copy").Length | Should -Be 12KB
        (Get-ShmStat -Namespace $plain).Verdict | Should -Be 'Unattached', 'Unattached'
        $orphans = Get-ShmNamespace $plain | Find-ShmOrphan -OlderThan 0s
        $orphans.Name | Sort-Object | Should -Be '/left', '/two'
        $orphans | Remove-ShmSegment
        Invoke-Podman exec plain ls /dev/shm | Should -BeNullOrEmpty
    }

    It 'that stop while they are listed are no error' {
        $shell = [PowerShell]::Create()
        try {
            $null = $shell.AddScript({
                    param($module)
                    Import-Module $module
                    foreach ($i in 1..5) { Get-ShmStat -Namespace * -WarningAction Ignore -ErrorAction Stop }
                }).AddArgument((Get-Module PSSharedMemory).Path)
            $running = $shell.BeginInvoke()
            $null = Invoke-Podman rm -f -t 0 --depend lender
            $null = $shell.EndInvoke($running)
            $shell.Streams.Error | Should -BeNullOrEmpty
        }
        finally { $shell.Dispose() }
        { Get-ShmSegment -Namespace $lender -ErrorAction Stop } | Should -Throw -ErrorId 'NameNotFound,*'
    }

    It 'keep their locks in an object that nobody holds and that is no orphan' {
        (Get-ShmSegment /libpod_lock).Origin.Name | Should -BeExactly 'Podman'
        @(Find-ShmOrphan -OlderThan 0s).Name | Should -Not -Contain '/libpod_lock'
    }
}
