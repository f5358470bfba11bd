namespace LmmFunctional.Estimation

open System

/// <summary>Equal steps on which numbers lie.</summary>
[<RequireQualifiedAccess; NoComparison>]
type internal Lattice =
    /// The length of a step, and the place of every number, from zero.
    | Steps of step: float * places: int[]
    /// No step reaches them all.
    | Uneven
    /// More steps than a structure can go.
    | TooLong of steps: float

/// <summary>Finding the equal steps on which numbers lie: times 1, 2, 3, 5 are steps of one with a gap.</summary>
[<RequireQualifiedAccess>]
module internal Lattice =

    // A series of two hundred and seventy years of days.
    let private mostSteps = 100_000.0

    // Decimals are a lattice if a good part of its places are taken: any few decimals are multiples of a small unit.
    let private mostStepsForEach = 20

    // Decimals that were rounded, such as thirds, still count as equally spaced.
    let private rounding = 1e-3

    // Whole numbers beyond this are not exact.
    let private exact = 9007199254740992.0

    let rec private commonDivisor (a: int64) (b: int64) =
        if b = 0L then a else commonDivisor b (a % b)

    // Ascending whole numbers.
    let private ofWhole unit most (values: float[]) =
        let whole = values |> Array.map int64

        let step =
            whole
            |> Array.pairwise
            |> Array.fold (fun gcd (a, b) -> commonDivisor (b - a) gcd) 0L

        let steps = float (whole[whole.Length - 1] - whole[0]) / float step

        if steps <= most then
            Lattice.Steps(float step / unit, whole |> Array.map (fun value -> int ((value - whole[0]) / step)))
        else
            Lattice.TooLong steps

    let private isWhole (value: float) =
        value = Math.Floor value && abs value < exact

    // The least power of ten, up to the sixth, that makes all numbers whole.
    let private tryUnit (values: float[]) =
        [ 10.0; 100.0; 1e3; 1e4; 1e5; 1e6 ]
        |> List.tryFind (fun unit ->
            values
            |> Array.forall (fun value ->
                let scaled = value * unit

                abs scaled < exact
                && abs (scaled - Math.Round scaled) <= 1e-9 * max 1.0 (abs scaled)))

    let private isEven (values: float[]) =
        let step = (values[values.Length - 1] - values[0]) / float (values.Length - 1)

        values
        |> Array.indexed
        |> Array.forall (fun (i, value) -> abs (value - values[0] - float i * step) <= rounding * step)

    /// <summary>The steps on which different numbers lie.</summary>
    /// <param name="values">Ascending, all different.</param>
    let ofValues (values: float[]) : Lattice =
        let even () =
            let step = (values[values.Length - 1] - values[0]) / float (values.Length - 1)
            Lattice.Steps(step, [| 0 .. values.Length - 1 |])

        if values.Length < 2 then
            Lattice.Steps(1.0, Array.zeroCreate values.Length)
        elif values |> Array.forall isWhole then
            ofWhole 1.0 mostSteps values
        elif isEven values then
            even ()
        else
            match tryUnit values with
            | None -> Lattice.Uneven
            | Some unit ->
                let most = float (mostStepsForEach * values.Length)

                match values |> Array.map (fun value -> Math.Round(value * unit)) |> ofWhole unit most with
                | Lattice.TooLong _ -> Lattice.Uneven
                | steps -> steps

    /// The places between the first and the last that no number takes, at most so many, and how many there are.
    let gaps most (places: int[]) : int list * int =
        let count = places[places.Length - 1] + 1 - places.Length

        let first =
            places
            |> Seq.pairwise
            |> Seq.collect (fun (a, b) -> seq { a + 1 .. b - 1 })
            |> Seq.truncate most
            |> List.ofSeq

        first, count

    /// The differences up to a largest one that no two places have.
    let missingLags largest (places: int[]) : int list =
        let taken = System.Collections.Generic.HashSet<int> places

        [
            for lag in 1..largest do
                if not (places |> Array.exists (fun place -> taken.Contains(place + lag))) then
                    lag
        ]
