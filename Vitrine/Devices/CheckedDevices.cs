using System.Diagnostics;
using System.Security.Cryptography;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine;

/// <summary>
/// Devices that have computed rightly once, by name, driver and version of Vitrine: in the user's cache, so that the first explanation on a
/// device takes up to ten seconds more, and no later one.
/// </summary>
internal static class CheckedDevices
{
    private const int Largest = 120; // elements: tiny and odd shapes
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(10);
    private static readonly HashSet<string> s_known = [];

    /// <summary>Checks a device unless that was done before.</summary>
    /// <exception cref="DeviceException">It computes wrongly; the message names the kernels.</exception>
    public static void Ensure(Device device, CancellationToken cancellation = default)
    {
        if (device == Device.Cpu || IsKnown(device))
        {
            return;
        }
        long start = Stopwatch.GetTimestamp();
        foreach (OpRow row in OpTable.All)
        {
            if (OpCheck.Run(row, device, Largest, cancellation).Fault is { } fault)
            {
                throw new DeviceException($"{device.Name}: computes wrongly; {fault}. Use --device cpu or another driver; "
                    + $"'vitrine devices --check {device.Name}' says more.");
            }
            if (Stopwatch.GetElapsedTime(start) > s_most)
            {
                break; // products, attention, softmax and norms come first
            }
        }
        Remember(device);
    }

    /// <summary>Notes that a device is right.</summary>
    public static void Remember(Device device)
    {
        lock (s_known)
        {
            s_known.Add(Key(device));
        }
        try
        {
            string file = File(device);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            AtomicFile.WriteText(file, Key(device) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // a cache that cannot be written remembers nothing: the next process checks again
        }
    }

    private static bool IsKnown(Device device)
    {
        lock (s_known)
        {
            return s_known.Contains(Key(device)) || System.IO.File.Exists(File(device));
        }
    }

    private static string Key(Device device) =>
        $"{device.Name}, {device.Description}, Vitrine {typeof(CheckedDevices).Assembly.GetName().Version}";

    private static string File(Device device) => Path.Combine(UserCache.Folder("devices"),
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Key(device))))[..32]);
}
