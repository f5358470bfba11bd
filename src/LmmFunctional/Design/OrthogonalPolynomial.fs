namespace LmmFunctional.Estimation

open System.Collections.Immutable

/// <summary>Polynomials of degree 1 to k that are orthonormal over the numbers they were made from.</summary>
/// <remarks>The three-term recurrence of Kennedy and Gentle 1980, pp. 343-4, which R's <c>poly</c> also stores; here
/// about the mean, so that far-away numbers such as years lose no digits.</remarks>
type internal OrthogonalPolynomial = {
    Center: float
    /// The shift of each recurrence step, length k.
    Shifts: ImmutableArray<float>
    /// The squared norms of the polynomials of degree 0 to k, length k + 1.
    Norms: ImmutableArray<float>
}

/// <summary>Making and evaluating orthonormal polynomials.</summary>
[<RequireQualifiedAccess>]
module internal OrthogonalPolynomial =

    // The recurrence: the next monic polynomial at every number.
    let private next (x: float[]) shift ratio (current: float[]) (previous: float[]) =
        Array.init x.Length (fun i -> (x[i] - shift) * current[i] - ratio * previous[i])

    // Sums over the numbers, each as often as it stands there.
    let private sum (counts: float[] option) (terms: float[]) =
        match counts with
        | Some counts -> Array.fold2 (fun sum count term -> sum + count * term) 0.0 counts terms
        | None -> Array.fold (+) 0.0 terms

    /// <summary>The polynomials up to a degree that are orthonormal over the given numbers.</summary>
    /// <param name="degree">At least 1 and less than the number of different values in <paramref name="x"/>.</param>
    /// <param name="x">The numbers, finite.</param>
    let fit degree (x: Repeated) =
        let center = Repeated.mean x
        let centred = x.Values |> Array.map (fun v -> v - center)

        let rec steps k shifts norms (current: float[]) previous =
            if k > degree then
                List.rev shifts, List.rev norms
            else
                let norm = List.head norms

                let ratio =
                    match norms with
                    | a :: b :: _ -> a / b
                    | _ -> 0.0

                let shift =
                    (centred, current)
                    ||> Array.map2 (fun v p -> v * p * p)
                    |> sum x.Counts
                    |> fun sum -> sum / norm

                let following = next centred shift ratio current previous
                let squares = following |> Array.map (fun v -> v * v) |> sum x.Counts
                steps (k + 1) (shift :: shifts) (squares :: norms) following current

        let n = centred.Length

        let shifts, norms =
            steps 1 [] [ Repeated.count x ] (Array.create n 1.0) (Array.zeroCreate n)

        {
            Center = center
            Shifts = ImmutableArray.CreateRange shifts
            Norms = ImmutableArray.CreateRange norms
        }

    /// <summary>The polynomials of degree 1 to k at numbers, old or new: one array for each degree.</summary>
    let evaluate polynomial (x: float[]) : float[][] =
        let centred = x |> Array.map (fun v -> v - polynomial.Center)
        let norms = polynomial.Norms
        let one = Array.create x.Length 1.0

        (([], one, Array.zeroCreate x.Length), [ 1 .. polynomial.Shifts.Length ])
        ||> List.fold (fun (made, current, previous) k ->
            let ratio = if k = 1 then 0.0 else norms[k - 1] / norms[k - 2]
            let following = next centred polynomial.Shifts[k - 1] ratio current previous
            let scale = sqrt norms[k]
            (following |> Array.map (fun v -> v / scale)) :: made, following, current)
        |> fun (made, _, _) -> made |> List.rev |> Array.ofList
