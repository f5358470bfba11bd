namespace LmmFunctional.Estimation

open System.Collections.Concurrent
open System.Threading

/// <summary>Engines over the same cross-products, lent to one thread at a time and taken back.</summary>
[<Sealed>]
type internal EnginePool(create: unit -> Engine) =
    // Nearly always one thread asks: then one exchange lends its engine, and one takes it back.
    let mutable spare: Engine option = None
    let others = ConcurrentStack<Engine option>()

    let rent () =
        match Interlocked.Exchange(&spare, None) with
        | Some _ as own -> own
        | None ->
            match others.TryPop() with
            | true, own -> own
            | false, _ -> Some(create ())

    let giveBack (own: Engine option) =
        if (Interlocked.CompareExchange(&spare, own, None)).IsSome then
            others.Push own

    /// An action on an engine that nobody else has meanwhile.
    member _.Run(action: Engine -> 'result) : 'result =
        let own = rent ()

        try
            action own.Value
        finally
            giveBack own
