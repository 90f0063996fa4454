namespace Vitrine.Tensors;

/// <summary>Where a tensor lives and its ops run: <c>cpu</c>, <c>opencl:0</c>, <c>cuda:0</c>.</summary>
/// <remarks>
/// New tensors are made on the ambient device of the thread, the CPU unless a scope says otherwise; a model is loaded onto it, too:
/// <code>
/// using var scope = Device.Use(Device.Parse("opencl:0"));
/// ITransformer model = ModelLoader.Load(folder);   // weights are uploaded once
/// float[] logits = model.Forward(ModelInput.Of(ids)).ToArray();
/// </code>
/// </remarks>
public sealed class Device
{
    private static readonly Lazy<IReadOnlyList<Device>> s_own = new(() => [Cpu!, .. CudaDriver.Devices(), .. OpenClDriver.Devices()]);
    private static readonly Lazy<IReadOnlyList<Device>> s_all = new(() => [.. s_own.Value, .. FromIlgpu()]);

    [ThreadStatic]
    private static Device? s_current;

    private readonly Lazy<IBackend> _backend;

    internal Device(string name, Func<IBackend> open, string description, bool isGpu) =>
        (Name, _backend, Description, IsGpu) = (name, new(open), description, isGpu);

    /// <summary>The processor and its memory: always present, the default everywhere.</summary>
    public static Device Cpu { get; } = new("cpu", () => new CpuBackend(), CpuBackend.Describe(), isGpu: false);

    /// <summary>Where this thread makes new tensors.</summary>
    public static Device Current => s_current ?? Cpu;

    /// <summary>The name that <see cref="Parse"/> understands.</summary>
    public string Name { get; }

    /// <summary>What the hardware calls itself, with the facts that matter for speed.</summary>
    public string Description { get; }

    /// <summary>Whether it is a graphics processor: an OpenCL device may also be the CPU.</summary>
    public bool IsGpu { get; }

    /// <summary>What was launched and moved so far; nothing on the CPU.</summary>
    public DeviceTraffic Traffic => _backend.IsValueCreated && _backend.Value is GpuBackend gpu ? gpu.Traffic : default;

    internal IBackend Backend => _backend.Value;

    /// <summary>Every device of this machine.</summary>
    public static IReadOnlyList<Device> All => s_all.Value;

    /// <summary>Finds a device by name; <c>gpu</c> is the best graphics processor there is.</summary>
    /// <exception cref="DeviceException">There is no device of that name; the message lists those that exist.</exception>
    public static Device Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (string.Equals(name, Cpu.Name, StringComparison.OrdinalIgnoreCase))
        {
            return Cpu; // without waking any driver
        }
        bool any = string.Equals(name, "gpu", StringComparison.OrdinalIgnoreCase);
        return s_own.Value.FirstOrDefault(IsMeant) // ILGPU takes time to load: only where it is asked for
            ?? All.FirstOrDefault(IsMeant)
            ?? throw new DeviceException($"device: no such device; got '{name}'; "
                + $"expected one of {string.Join(", ", All.Select(d => d.Name))}.{Reason(name)}");

        bool IsMeant(Device d) => any ? d.IsGpu : string.Equals(d.Name, name, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Makes new tensors of this thread on <paramref name="device"/> until the result is disposed.</summary>
    public static Scope Use(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return new(device);
    }

    /// <summary>Returns when all work given to the device is done. Reading a tensor waits by itself; timing needs this.</summary>
    public void Synchronize() => Backend.Synchronize();

    /// <summary>Counts and times what the device does from now on, until the result is stopped or disposed.</summary>
    /// <exception cref="DeviceException">Another profiler is at work on this device.</exception>
    public Profiler Profile() => new(this);

    /// <inheritdoc/>
    public override string ToString() => Name;

    // The assembly with the kernels in C#, which the command brings, and a program where it refers to it.
    private static IReadOnlyList<Device> FromIlgpu() =>
        Type.GetType("Vitrine.Tensors.GpuDevices, Vitrine.Gpu")?.GetMethod("Find")?.Invoke(null, null) as IReadOnlyList<Device> ?? [];

    private static string Reason(string name) => name.Split(':')[0].ToUpperInvariant() switch
    {
        "OPENCL" when !All.Any(d => d.Name.StartsWith("opencl", StringComparison.Ordinal)) => " " + OpenClDriver.WhyNone(),
        "CUDA" when !All.Any(d => d.Name.StartsWith("cuda", StringComparison.Ordinal)) => " " + CudaDriver.WhyNone(),
        "GPU" => " None of them is a graphics processor.",
        _ => "",
    };

    /// <summary>Puts the ambient device back that was there before.</summary>
    public readonly ref struct Scope
    {
        private readonly Device? _before;

        internal Scope(Device during) => (_before, s_current) = (s_current, during);

        /// <summary>Restores the device.</summary>
        public void Dispose() => s_current = _before;
    }
}
