namespace LmmFunctional.Estimation

/// <summary>Householder reductions of blocks of rows, by sums of twice the digits.</summary>
[<RequireQualifiedAccess>]
module internal PreciseReduction =

    // A column of Z of which less than this is left after those before it depends on them.
    let dependent = 1e-10

    let norm (a: float[]) width first last column =
        let mutable sum = 0.0

        for i in first..last do
            sum <- sum + a[i + column * width] * a[i + column * width]

        sqrt sum

    /// Reflects rows row .. last so that only the first of them is left in a column.
    let reflect (a: float[]) width row last column =
        let length = norm a width row last column
        let alpha = a[row + column * width]
        let head = if alpha < 0.0 then alpha - length else alpha + length
        let tail = norm a width (row + 1) last column
        let factor = 2.0 / (head * head + tail * tail)

        for k in column + 1 .. width - 1 do
            let mutable dot = head * a[row + k * width]

            for i in row + 1 .. last do
                dot <- dot + a[i + column * width] * a[i + k * width]

            a[row + k * width] <- a[row + k * width] - factor * dot * head

            for i in row + 1 .. last do
                a[i + k * width] <- a[i + k * width] - factor * dot * a[i + column * width]

        a[row + column * width] <- if alpha < 0.0 then length else -length

    /// Brings the first q columns of an upper triangle into echelon form; their rank.
    let echelon q width (a: float[]) =
        let mutable row = 0

        for column in 0 .. q - 1 do
            let whole = norm a width 0 column column

            if whole > 0.0 && norm a width row column column > dependent * whole then
                if row < column then
                    reflect a width row column column

                row <- row + 1

            for i in row..column do
                a[i + column * width] <- 0.0

        row
