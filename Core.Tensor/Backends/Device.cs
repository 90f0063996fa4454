namespace Vitrine.Tensors;

/// <summary>Where a tensor lives and its ops run: <c>cpu</c>.</summary>
public sealed class Device
{
    private Device(string name, IBackend backend, string description) =>
        (Name, Backend, Description) = (name, backend, description);

    /// <summary>The processor and its memory: always present, the default everywhere.</summary>
    public static Device Cpu { get; } = new("cpu", new CpuBackend(), CpuBackend.Describe());

    /// <summary>The name that <see cref="Parse"/> understands.</summary>
    public string Name { get; }

    /// <summary>What the hardware calls itself, with the facts that matter for speed.</summary>
    public string Description { get; }

    internal IBackend Backend { get; }

    /// <summary>Every device of this machine.</summary>
    public static IReadOnlyList<Device> All => [Cpu];

    /// <summary>Finds a device by name.</summary>
    /// <exception cref="DeviceException">There is no device of that name; the message lists those that exist.</exception>
    public static Device Parse(string name) =>
        All.FirstOrDefault(d => string.Equals(d.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new DeviceException($"device: no such device; got '{name}'; expected one of {string.Join(", ", All.Select(d => d.Name))}.");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
