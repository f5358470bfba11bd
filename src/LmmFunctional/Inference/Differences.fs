namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model

/// <summary>Derivatives of cheap smooth functions of a few parameters by central differences of fourth order.</summary>
/// <remarks>For maps between scales of covariance parameters, which cost nothing; never for a likelihood.</remarks>
[<RequireQualifiedAccess>]
module internal Differences =

    // Balances the fourth-order error against rounding: first derivatives keep about twelve digits, second ones nine.
    let private firstStep = 1e-3
    let private secondStep = 4e-3

    let private stepFor relative (x: float) = relative * max 0.1 (abs x)

    let private moved (x: float[]) (moves: (int * float) list) =
        let point = Array.copy x
        moves |> List.iter (fun (i, by) -> point[i] <- point[i] + by)
        point

    let private weights = [ 1.0, 2.0 / 3.0; -1.0, -2.0 / 3.0; 2.0, -1.0 / 12.0; -2.0, 1.0 / 12.0 ]

    /// The k derivatives of f at x.
    let gradient (f: float[] -> float) (x: float[]) : float[] =
        Array.init x.Length (fun i ->
            let h = stepFor firstStep x[i]

            weights
            |> List.sumBy (fun (at, weight) -> weight * f (moved x [ i, at * h ]) / h))

    /// The m×k derivatives of a function with m values.
    let jacobian (f: float[] -> float[]) (x: float[]) : Matrix =
        let columns =
            Array.init x.Length (fun i ->
                let h = stepFor firstStep x[i]

                let values =
                    weights |> List.map (fun (at, weight) -> weight / h, f (moved x [ i, at * h ]))

                Array.init (snd values.Head).Length (fun row ->
                    values |> List.sumBy (fun (weight, value) -> weight * value[row])))

        let rows = if columns.Length = 0 then 0 else columns[0].Length
        Matrix.init rows x.Length (fun i j -> columns[j][i])

    /// The k×k second derivatives of f at x.
    let hessian (f: float[] -> float) (x: float[]) : Matrix =
        let rows = x |> Array.mapi (fun i value -> i, stepFor secondStep value)

        let element (i, h) (j, g) =
            List.allPairs weights weights
            |> List.sumBy (fun ((a, u), (b, v)) -> u * v * f (moved x [ i, a * h; j, b * g ]) / (h * g))

        let values = Array2D.zeroCreate x.Length x.Length

        for i in 0 .. x.Length - 1 do
            for j in 0..i do
                let value = element rows[i] rows[j]
                values[i, j] <- value
                values[j, i] <- value

        Matrix.ofArray2D values
