namespace LmmFunctional.Numerics

open System.Collections.Concurrent
open System.Numerics

/// <summary>Buffers lent to kernels and taken back, so that repeated evaluations allocate nothing.</summary>
/// <remarks>Lengths are rounded up to powers of two. What a rented buffer holds is unspecified.</remarks>
[<AbstractClass; Sealed>]
type internal Workspace private () =

    static let shelves = Array.init 32 (fun _ -> ConcurrentBag<Buffer>())

    // What a thread gave back last: it mostly asks for the same again.
    [<System.ThreadStatic; DefaultValue>]
    static val mutable private last: Buffer | null

    static member Rent(length: int) : Buffer =
        let power = BitOperations.Log2(uint (max 1 (length - 1))) + 1

        match Workspace.last with
        | NonNull buffer when buffer.Length = (1 <<< power) ->
            Workspace.last <- null
            buffer
        | _ ->
            let found, buffer = shelves[power].TryTake()

            if found && not (isNull (box buffer)) then
                buffer
            else
                Buffer(1 <<< power)

    static member Return(buffer: Buffer) =
        match Workspace.last with
        | NonNull before -> shelves[BitOperations.Log2(uint before.Length)].Add before
        | Null -> ()

        Workspace.last <- buffer
